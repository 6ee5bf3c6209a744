import { expect, test } from "vitest";
import { ofClose, WireError } from "../wire/error.ts";
import { vectors } from "../wire/vectors.ts";
import { Pauses, verdict } from "./redial.ts";

// Of errors that share a close code the first one stands for all; these are others, and mean something else.
const others = ["uninvited", "pending", "gone"];
const codes = vectors<{ code: string; close: number }[]>("errors").filter(
  ({ code }) => !others.includes(code),
);

test.each(codes)("$code means the same where only its close code came", ({ code, close }) => {
  expect(verdict(ofClose(close, ""))).toBe(verdict(new WireError(code)));
});

test("pauses double up to 2 s early in an outage, and then up to 5 s", () => {
  const pauses = new Pauses(() => 1);
  pauses.ended(0, 100_000);
  const early = [1, 2, 3, 4, 5].map(() => pauses.next(100_000).pause);
  expect(early).toEqual([250, 500, 1000, 2000, 2000]);
  expect([1, 2].map(() => pauses.next(130_000).pause)).toEqual([5000, 5000]);
  pauses.after(130_000, 7000);
  expect(pauses.next(130_000).pause).toBe(12_000);
  pauses.ended(100_000, 170_000); // a link that lived long: all is well again
  expect(pauses.next(170_000).pause).toBe(250);
});
