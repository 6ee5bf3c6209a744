/** Key is one of the bar that touch screens get, since their keyboards have none of these. */
export type Key =
  | "Escape"
  | "Tab"
  | "Up"
  | "Down"
  | "Left"
  | "Right"
  | "Home"
  | "End"
  | "PageUp"
  | "PageDown"
  | "|"
  | "~"
  | "/"
  | "-";

/** Held says which modifiers are held down for the next key. */
export interface Held {
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export const none: Held = { ctrl: false, alt: false };

const cursor: Partial<Record<Key, string>> = {
  Up: "A",
  Down: "B",
  Right: "C",
  Left: "D",
  End: "F",
  Home: "H",
};
const page: Partial<Record<Key, string>> = { PageUp: "5", PageDown: "6" };

/** keyBytes is what a key of the bar types. Application is the mode that full-screen programs ask for. */
export function keyBytes(key: Key, held: Held, application: boolean): string {
  const modifier = modifierOf(held);
  const letter = cursor[key];
  if (letter && modifier > 1) return `\u001b[1;${modifier}${letter}`;
  if (letter) return application ? `\u001bO${letter}` : `\u001b[${letter}`;
  const number = page[key];
  if (number) return modifier > 1 ? `\u001b[${number};${modifier}~` : `\u001b[${number}~`;
  if (key === "Escape" || key === "Tab")
    return modified(key === "Tab" ? "\t" : "\u001b", { ...held, ctrl: false });
  return modified(key, held);
}

/** modifierOf is the number that stands for them in an escape sequence. */
function modifierOf(held: Held): number {
  return 1 + (held.alt ? 2 : 0) + (held.ctrl ? 4 : 0);
}

/** modified is what a typed character becomes while Ctrl or Alt of the bar are held. More than one is no key. */
export function modified(typed: string, held: Held): string {
  if (!held.ctrl && !held.alt) return typed;
  if ([...typed].length !== 1) return typed;
  return (held.alt ? "\u001b" : "") + (held.ctrl ? control(typed) : typed);
}

/** control is a character with Ctrl, as terminals have it since ever. */
function control(char: string): string {
  const upper = char.toUpperCase().charCodeAt(0);
  if (char.length === 1 && upper >= 0x40 && upper <= 0x5f) return String.fromCharCode(upper & 0x1f);
  if (char === "?") return "\u007f";
  if (char === " ") return "\u0000";
  if (char === "/" || char === "-") return "\u001f";
  if (char === "~") return "\u001e";
  if (char === "|") return "\u001c";
  return char;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape is what is looked for
const report = /^\u001b(?:\[(?:[IO]$|[M<?>]|[\d;]+[Rcnt]$|[?\d;]+\$y$)|[\]P])/;

/** reports says whether it is the terminal that says this, and nobody's key: an answer, where the mouse or the focus is. */
export function reports(typed: string): boolean {
  return report.test(typed);
}
