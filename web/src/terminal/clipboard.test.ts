import { expect, test } from "vitest";
import { answers, asksForClipboard } from "./clipboard.ts";

test("a program that asks what is in the clipboard is told from one that sets it", () => {
  for (const data of ["c;?", ";?", "p;?", "c;? ", "c;?aGk="]) expect(asksForClipboard(data), data).toBe(true);
  for (const data of ["c;aGk=", ";aGk=", "c;", "?;aGk="]) expect(asksForClipboard(data), data).toBe(false);
});

test("an answer that nobody gave allows nothing", () => {
  for (const text of [null, "", "{", "null", "true", '"m"'])
    expect(answers(text).m, String(text)).toBeUndefined();
  expect(answers('{"m":true,"n":false,"o":"yes","p":1}')).toEqual({ m: true, n: false });
});
