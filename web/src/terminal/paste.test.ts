import { expect, test } from "vitest";
import { question, typed } from "./paste.ts";

test("one line is typed as it is, several ask", () => {
  expect(question("ls -l", false)).toBeUndefined();
  expect(question("", false)).toBeUndefined();
  expect(question("cd /\r\nrm -r x\r\n", false)).toEqual({ lines: 2, first: ["cd /", "rm -r x"], more: 0 });
  expect(question("ls\n", false)).toEqual({ lines: 1, first: ["ls"], more: 0 });
  expect(question("a\rb", false)?.lines).toBe(2);
});

test("a program that knows what a paste is gets it unasked", () => {
  expect(question("a\nb\nc", true)).toBeUndefined();
});

test("of a long paste the first lines are shown, short and visible", () => {
  const q = question(`${"x".repeat(5000)}\n\u001b[8mhidden\n${"y\n".repeat(100)}`, false);
  expect(q?.lines).toBe(102);
  expect(q?.first).toHaveLength(8);
  expect(q?.first[0]).toHaveLength(200);
  expect(q?.first[1]).toBe("␛[8mhidden");
  expect(q?.more).toBe(94);
});

test("newlines become Enter, and nothing ends the brackets early", () => {
  expect(typed("a\r\nb\nc\rd", false)).toBe("a\rb\rc\rd");
  expect(typed("a\u001b[201~rm -r /\n", true)).toBe("\u001b[200~a␛[201~rm -r /\r\u001b[201~");
  expect(typed("\u009b201~", true)).toBe("\u001b[200~␛201~\u001b[201~");
  expect(typed("ls\u0003\rrm -r /\n", true)).toBe("\u001b[200~ls␃\rrm -r /\r\u001b[201~"); // bash would run it
  expect(typed("a\tb\u0000\u000f\u007fé", true)).toBe("\u001b[200~a\tb␀␏␡é\u001b[201~");
});

test("keys that are hidden in a line ask as well: some run it", () => {
  expect(question("ls\u000f", false)).toEqual({ lines: 1, first: ["ls␏"], more: 0 });
  for (const key of ["\u0003", "\u0004", "\u001b", "\u007f", "\u009b"])
    expect(question(`a${key}b`, false)?.lines, key).toBe(1);
  expect(question("a\tb é 日本", false)).toBeUndefined();
});

test("a megabyte is typed whole", () => {
  const text = `${"0123456789abcde\n".repeat(65536)}`;
  expect(typed(text, false)).toBe(text.replaceAll("\n", "\r"));
});
