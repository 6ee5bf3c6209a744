import { signal } from "@preact/signals";
import { type Palette, palettes } from "./theme.ts";

/** Settings are how terminals look and behave in this browser. None of it comes from a machine. */
export interface Settings {
  readonly font: string; // a family that is installed; empty: the system's
  readonly size: number; // of the font, in px
  readonly palette: Palette;
  readonly shade: "page" | "light" | "dark";
  readonly cursor: "block" | "bar" | "underline";
  readonly blink: boolean;
  readonly scrollback: number; // lines
  readonly copyOnSelect: boolean;
  readonly bell: "none" | "visual" | "sound";
  readonly notify: boolean; // when a long command ends in a tab that is not seen
  readonly readable: boolean; // colours that are too close to their background are changed
  readonly screenReader: boolean;
  readonly keyBar: "touch" | "always" | "never";
}

export const defaults: Settings = {
  font: "",
  size: 14,
  palette: "vsay",
  shade: "page",
  cursor: "block",
  blink: false,
  scrollback: 5000,
  copyOnSelect: false,
  bell: "visual",
  notify: false,
  readable: true,
  screenReader: false,
  keyBar: "touch",
};

export const sizes = { least: 8, most: 32 };
export const scrollbacks = [1000, 5000, 20_000, 100_000] as const;

const key = "vsay.terminal";

/** settings are those of all terminals of this page. */
export const settings = signal<Settings>(restore(stored(key)));

/** set changes some, here and for the next page. */
export function set(changed: Partial<Settings>) {
  settings.value = tidy({ ...settings.value, ...changed });
  store(key, JSON.stringify(settings.value));
}

// What is chosen in another tab of the browser is seen here at once.
if (typeof window !== "undefined") {
  addEventListener("storage", (e) => {
    if (e.key === key) settings.value = restore(e.newValue);
  });
}

/** enlarge makes the font larger or smaller, or with 0 as it was at first. */
export function enlarge(by: number) {
  set({ size: by === 0 ? defaults.size : settings.value.size + by });
}

/** restore reads what was stored; what makes no sense is as by default. */
export function restore(text: string | null): Settings {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    if (typeof kept === "object" && kept !== null) return tidy({ ...defaults, ...kept });
  } catch {
    // Somebody else wrote it.
  }
  return defaults;
}

function tidy(s: Settings): Settings {
  return {
    font: family(s.font),
    size: clamp(s.size, sizes.least, sizes.most, defaults.size),
    palette: oneOf(
      s.palette,
      palettes.map((p) => p.name),
      defaults.palette,
    ),
    shade: oneOf(s.shade, ["page", "light", "dark"], defaults.shade),
    cursor: oneOf(s.cursor, ["block", "bar", "underline"], defaults.cursor),
    blink: s.blink === true,
    scrollback: clamp(s.scrollback, 0, 100_000, defaults.scrollback),
    copyOnSelect: s.copyOnSelect === true,
    bell: oneOf(s.bell, ["none", "visual", "sound"], defaults.bell),
    notify: s.notify === true,
    readable: s.readable !== false,
    screenReader: s.screenReader === true,
    keyBar: oneOf(s.keyBar, ["touch", "always", "never"], defaults.keyBar),
  };
}

/** family is the name of a font and nothing more: xterm.js writes it into a style sheet. */
function family(text: unknown): string {
  return typeof text === "string" ? text.replace(/[^\p{L}\p{N} _-]/gu, "").slice(0, 64) : "";
}

function clamp(n: unknown, least: number, most: number, otherwise: number): number {
  if (typeof n !== "number" || !Number.isFinite(n)) return otherwise;
  return Math.min(most, Math.max(least, Math.round(n)));
}

function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.find((v) => v === value) ?? otherwise;
}

/** fontFamily is the whole list for xterm.js: the chosen font, and what every system has. */
export function fontFamily(font: string): string {
  const stack = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
  return font ? `"${font}", ${stack}` : stack;
}

// A browser may keep nothing, or refuse even the question; then a choice lasts as long as the page.

export function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function store(name: string, text: string) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // See above.
  }
}
