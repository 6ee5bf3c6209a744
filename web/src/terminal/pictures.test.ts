import { expect, test } from "vitest";
import { area, Budget } from "./pictures.ts";

test("a picture has the pixels that it says, or those that its data can draw", () => {
  expect(area('"1;1;640;480#0!640~-')).toBe(640 * 480);
  expect(area('#0;2;0;0;0";;20;30~')).toBe(600);
  expect(area("#0~")).toBe(3000);
  expect(area('"1;1;1000000;1000000~')).toBe(4 << 20); // of which none is drawn
  expect(area("~".repeat(1 << 20))).toBe(4 << 20);
});

test("a flood of large pictures is drawn as far as there is time for it, and later ones are again", () => {
  const budget = new Budget();
  const all = () => Array.from({ length: 1000 }, () => budget.takes(4 << 20, 0)).filter(Boolean).length;
  expect(all()).toBe(4);
  expect(budget.takes(4 << 20, 499)).toBe(false);
  expect(budget.takes(4 << 20, 501)).toBe(true);
  expect(budget.takes(4 << 20, 502)).toBe(false);
  expect([...Array(9)].map(() => budget.takes(4 << 20, 1e9)).filter(Boolean)).toHaveLength(4);
});
