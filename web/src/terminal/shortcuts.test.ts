import { expect, test } from "vitest";
import { command, type Press } from "./shortcuts.ts";

/** press reads "Ctrl Shift C": the last word is the key, or the code where they differ as in "{/Slash". */
function press(text: string): Press {
  const words = text.split(" ");
  const [key = "", code = key] = (words.at(-1) ?? "").split("=>");
  const held = (name: string) => words.slice(0, -1).includes(name);
  return {
    key,
    code,
    ctrlKey: held("Ctrl"),
    shiftKey: held("Shift"),
    altKey: held("Alt"),
    metaKey: held("Meta"),
  };
}

test("the page's own keys", () => {
  const does: Record<string, string> = {
    "Ctrl Shift C": "copy",
    "Ctrl Shift c": "copy", // Caps Lock
    "Ctrl Insert": "copy",
    "Ctrl Shift F": "find",
    "Ctrl Shift L": "open",
    "Ctrl Shift Enter": "fresh",
    "Ctrl Shift E": "split row",
    "Ctrl Shift D": "split column",
    "Ctrl Shift G": "next pane",
    "Ctrl Shift }=>BracketRight": "next tab",
    "Ctrl Shift {=>BracketLeft": "previous tab",
    "Ctrl Shift X": "close",
    "Ctrl Shift Escape": "leave",
    "Ctrl F6": "leave",
    "Ctrl Shift ?=>Slash": "help",
    "Ctrl +=>Equal": "larger",
    "Ctrl Shift +=>Equal": "larger",
    "Ctrl -=>Minus": "smaller",
    "Ctrl 0=>Digit0": "first size",
    "Shift F11": "full screen",
    "Meta f": "find",
  };
  for (const [keys, what] of Object.entries(does)) {
    expect(command(press(keys)), keys).toBe(what);
  }
  expect(command({ ...press("Ctrl x"), key: "=", code: "Equal" })).toBe("larger");
});

test("what a shell or an editor knows stays theirs", () => {
  const theirs = [
    "Ctrl c",
    "Ctrl v",
    "Ctrl l",
    "Ctrl d",
    "Ctrl w",
    "Ctrl t",
    "Ctrl r",
    "Ctrl f",
    "Ctrl z",
    "Ctrl Enter",
    "Ctrl Shift _=>Minus", // undo in Emacs and readline
    "Ctrl Shift @=>Digit2", // sets the mark in Emacs
    "Ctrl Shift ^=>Digit6", // the other file in vim
    "Ctrl Shift ArrowLeft",
    "Ctrl Shift PageUp",
    "Alt c",
    "Alt Shift C",
    "Ctrl Alt Shift C", // AltGr on Windows
    "Ctrl Alt q",
    "Shift Insert",
    "Shift PageUp",
    "Escape",
    "F1",
    "F6",
    "F11",
    "Tab",
    "Meta c",
    "Meta v",
  ];
  for (const keys of theirs) expect(command(press(keys)), keys).toBeUndefined();
});
