import { expect, test } from "vitest";
import { defaults, enlarge, fontFamily, restore, set, settings } from "./settings.ts";

test("what was chosen is there again", () => {
  const chosen = { ...defaults, size: 18, palette: "paper" as const, copyOnSelect: true, font: "Fira Code" };
  expect(restore(JSON.stringify(chosen))).toEqual(chosen);
});

test("what makes no sense is as by default", () => {
  for (const text of [null, "", "{", "null", "7", "[]", '"x"', '{"size":"big","palette":7,"bell":null}']) {
    expect(restore(text), String(text)).toEqual(defaults);
  }
  expect(restore('{"size":1e9,"scrollback":-5}')).toEqual({ ...defaults, size: 32, scrollback: 0 });
});

test("a font is a name, and no style sheet", () => {
  set({ font: 'x"; } * { background: url(//evil.example) } "' });
  expect(settings.value.font).not.toMatch(/["{}();:/*]/);
  expect(fontFamily("Fira Code")).toMatch(/^"Fira Code", ui-monospace/);
  expect(fontFamily("")).toMatch(/^ui-monospace/);
});

test("the font grows, shrinks, and is as it was at first", () => {
  enlarge(1);
  expect(settings.value.size).toBe(15);
  for (let i = 0; i < 50; i++) enlarge(-1);
  expect(settings.value.size).toBe(8);
  enlarge(0);
  expect(settings.value.size).toBe(14);
});
