import { expect, test } from "vitest";
import { Consent } from "./consent.ts";

test("a program that wants the clipboard does not take the place of another question", () => {
  const consent = new Consent("box");
  const paste = {
    kind: "paste",
    text: "a\nb\n",
    question: { lines: 2, first: ["a", "b"], more: 0 },
  } as const;
  consent.ask.value = paste;
  consent.clipboard("of a program");
  expect(consent.ask.value).toBe(paste);

  consent.ask.value = undefined;
  consent.clipboard("first");
  consent.clipboard("second");
  expect(consent.ask.value).toEqual({ kind: "clipboard", text: "second" });
});

test("not now holds until somebody answers otherwise", () => {
  const consent = new Consent("box");
  consent.clipboard("text");
  consent.letCopy("not now", "text");
  consent.clipboard("text");
  expect(consent.ask.value).toBeUndefined();
});
