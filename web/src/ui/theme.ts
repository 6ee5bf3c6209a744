import { computed, effect, signal } from "@preact/signals";

/** Theme is light or dark, or what the system says. */
export type Theme = "system" | "light" | "dark";

const key = "vsay.theme";
const system = typeof matchMedia === "undefined" ? undefined : matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system?.matches ?? false);
system?.addEventListener("change", (e) => {
  systemDark.value = e.matches;
});

/** theme is what was chosen here. */
export const theme = signal<Theme>(read());

/** dark is what is seen. */
export const dark = computed(() => (theme.value === "system" ? systemDark.value : theme.value === "dark"));

/** choose sets the theme, for this browser. */
export function choose(chosen: Theme) {
  theme.value = chosen;
  try {
    localStorage.setItem(key, chosen);
  } catch {
    // A browser that keeps nothing forgets it with the tab.
  }
}

function read(): Theme {
  try {
    const kept = localStorage.getItem(key);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

effect(() => {
  if (typeof document === "undefined") return;
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
