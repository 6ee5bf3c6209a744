import { expect, test } from "vitest";
import { Lines } from "./touch.ts";

test("small movements add up to whole lines", () => {
  const l = new Lines();
  expect([0.4, 0.4, 0.4, 0.4, 2.5].map((n) => l.take(n))).toEqual([0, 0, 1, 0, 3]);
});

test("a finger that turns back moves the screen at once", () => {
  const l = new Lines();
  l.take(0.9);
  expect(l.take(-0.5)).toBe(-0);
  expect(l.take(-0.5)).toBe(-1);
});
