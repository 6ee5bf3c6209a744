import { shown } from "../ui/text.ts";

/** How many lines of a paste are shown before it is agreed to, and how much of each. */
const shownLines = 8;
const shownColumns = 200;

/** Question is what is asked before a paste is typed. */
export interface Question {
  readonly lines: number;
  readonly first: readonly string[];
  readonly more: number; // lines that are not shown
}

/** Keys that nobody means to paste: Ctrl-O runs a line as Enter does, Ctrl-C ends what is there. A tab is text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const keysInText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const keysInTexts = new RegExp(keysInText, "g");

/**
 * question is what to ask about a paste. Undefined: nothing. A program that knows what a paste is (bracketed) does not
 * run it by itself; a plain prompt runs each line, and does what keys in it say.
 */
export function question(text: string, bracketed: boolean): Question | undefined {
  if (bracketed) return undefined;
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length < 2 && !keysInText.test(text)) return undefined;
  // A newline at the very end does not begin another line, but it does run the one before it.
  const all = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const first = all.slice(0, shownLines).map((line) => shown(line, shownColumns));
  return { lines: all.length, first, more: all.length - first.length };
}

/** typed is what is typed for a paste: Enter for each newline, and in brackets for a program that asked for them. */
export function typed(text: string, bracketed: boolean): string {
  const keys = text.replace(/\r\n|\n/g, "\r");
  if (!bracketed) return keys;
  // Nothing in it can end the brackets early: no escape, and no Ctrl-C, at which a shell forgets that it is in them.
  const seen = keys.replace(keysInTexts, (key) => picture(key.charCodeAt(0)));
  return `\u001b[200~${seen}\u001b[201~`;
}

/** picture is the sign that stands for a key; those above 127 are keys with an escape before them. */
function picture(key: number): string {
  if (key === 0x7f) return "\u2421";
  return key < 0x80 ? String.fromCharCode(0x2400 + key) : "\u241b";
}
