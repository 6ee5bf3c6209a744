import { afterEach, expect, test, vi } from "vitest";
import { answers, letCopy, mayCopy, maySet } from "./clipboard.ts";

afterEach(() => vi.unstubAllGlobals());

test("an answer is that of one user for one machine", () => {
  const kept = new Map<string, string>();
  const getItem = (name: string) => kept.get(name) ?? null;
  vi.stubGlobal("localStorage", { getItem, setItem: (name: string, text: string) => kept.set(name, text) });
  letCopy("ann", "m", true);
  letCopy("ann", "n", false);
  expect([mayCopy("ann", "m"), mayCopy("ann", "n")]).toEqual([true, false]);
  for (const [user, machine] of [
    ["bob", "m"],
    ["", "m"],
    ["ann", "constructor"],
    ["ann", "__proto__"],
  ] as const)
    expect(mayCopy(user, machine), `${user} ${machine}`).toBeUndefined();
});

test("what would take seconds to decode is not", () => {
  expect(maySet(`c;${"QUFB".repeat(1 << 18)}`)).toBe(true);
  expect(maySet(`c;${"QUFB".repeat(1 << 20)}`)).toBe(false);
});

test("a program that asks what is in the clipboard is told from one that sets it", () => {
  for (const data of ["c;?", ";?", "p;?", "c;? ", "c;?aGk="]) expect(maySet(data), data).toBe(false);
  for (const data of ["c;aGk=", ";aGk=", "c;", "?;aGk="]) expect(maySet(data), data).toBe(true);
});

test("an answer that nobody gave allows nothing", () => {
  for (const text of [null, "", "{", "null", "true", '"m"'])
    expect(answers(text).m, String(text)).toBeUndefined();
  expect(answers('{"m":true,"n":false,"o":"yes","p":1}')).toEqual({ m: true, n: false });
});
