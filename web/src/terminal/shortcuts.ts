/** Command is what a shortcut does. */
export type Command =
  | "copy"
  | "find"
  | "open"
  | "fresh"
  | "split row"
  | "split column"
  | "next pane"
  | "next tab"
  | "previous tab"
  | "close"
  | "full screen"
  | "larger"
  | "smaller"
  | "first size"
  | "leave"
  | "help";

/** Press is what of a KeyboardEvent counts. */
export interface Press {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** By the letter on the key, with Ctrl and Shift: terminals have no such keys, so no program misses one. */
const letters: Record<string, Command> = {
  C: "copy",
  F: "find",
  L: "open",
  E: "split row",
  D: "split column",
  G: "next pane",
  X: "close",
};

/** By the place of the key, likewise. */
const places: Record<string, Command> = {
  Enter: "fresh",
  NumpadEnter: "fresh",
  BracketRight: "next tab",
  BracketLeft: "previous tab",
  Escape: "leave",
  Slash: "help",
};

const sizes: Record<string, Command> = { "+": "larger", "=": "larger", "-": "smaller", "0": "first size" };

/** command is what a key does here. Undefined: it is the session's. */
export function command(p: Press): Command | undefined {
  if (p.altKey) return undefined;
  if (p.metaKey) return p.ctrlKey ? undefined : mac(p);
  if (!p.ctrlKey) return p.code === "F11" && p.shiftKey ? "full screen" : undefined;
  if (p.code === "F6") return "leave";
  if (p.code === "Insert" && !p.shiftKey) return "copy";
  if (!p.shiftKey || p.key === "+") return sizes[p.key];
  return letters[p.key.toUpperCase()] ?? places[p.code];
}

/** mac is for Cmd, which no terminal knows. Copy and paste do themselves. */
function mac(p: Press): Command | undefined {
  if (p.shiftKey && p.key !== "+") return undefined;
  return p.key === "f" ? "find" : sizes[p.key];
}

/** help is what the help says, in its order: keys as they are called, and what they do. */
export const help: readonly (readonly [string, string])[] = [
  ["Ctrl Shift L", "Open a session: a new one, or one that runs"],
  ["Ctrl Shift Enter", "New session on the same machine"],
  ["Ctrl Shift E", "Split: a new session beside this one"],
  ["Ctrl Shift D", "Split: a new session below this one"],
  ["Ctrl Shift G", "Next pane"],
  ["Ctrl Shift ]  Ctrl Shift [", "Next tab, previous tab"],
  ["Ctrl Shift X", "Close the pane; its session runs on"],
  ["Ctrl Shift F", "Find"],
  ["Ctrl Shift C  Ctrl Insert", "Copy what is selected"],
  ["Ctrl Shift V  Shift Insert", "Paste"],
  ["Shift Page Up  Page Down", "Scroll"],
  ["Ctrl +  Ctrl -  Ctrl 0", "Larger, smaller, as at first"],
  ["Shift F11", "Full screen"],
  ["Ctrl Shift Esc  Ctrl F6", "Leave the terminal: Tab then goes through its buttons"],
  ["Ctrl Shift /", "This help"],
];
