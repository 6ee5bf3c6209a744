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

/**
 * question is what to ask about a paste. Undefined: nothing. A program that knows what a paste is (bracketed) does not
 * run it by itself; a plain prompt runs each line.
 */
export function question(text: string, bracketed: boolean): Question | undefined {
  if (bracketed) return undefined;
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length < 2) return undefined;
  // A newline at the very end does not begin another line, but it does run the one before it.
  const all = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const first = all.slice(0, shownLines).map((line) => shown(line, shownColumns));
  return { lines: all.length, first, more: all.length - first.length };
}

/** typed is what is typed for a paste: Enter for each newline, and in brackets for a program that asked for them. */
export function typed(text: string, bracketed: boolean): string {
  const keys = text.replace(/\r\n|\n/g, "\r");
  if (!bracketed) return keys;
  // Nothing in it can end the brackets early.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape is what is looked for
  return `\u001b[200~${keys.replace(/[\u001b\u009b]/g, "\u241b")}\u001b[201~`;
}
