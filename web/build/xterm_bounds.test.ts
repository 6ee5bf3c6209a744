import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { bounded } from "./xterm_bounds.ts";
import { rewrite } from "./xterm_csp.ts";

const home = dirname(createRequire(import.meta.url).resolve("@xterm/xterm/package.json"));
const xterm = readFileSync(join(home, "lib/xterm.mjs"), "utf8");

// That a page lives on is for cmd/vsay/web_flood_test.go, in a browser.
test("nothing in xterm.js is done as often as a program says", () => {
  const code = bounded(rewrite(xterm));
  for (const name of [
    "insertLines",
    "deleteLines",
    "scrollUp",
    "scrollDown",
    "cursorForwardTab",
    "cursorBackwardTab",
  ]) {
    expect(code, name).toMatch(new RegExp(`[ }]${name}\\(\\w\\)\\{[^}]*?=Math\\.min\\(\\w\\.params`));
  }
  expect(code).toMatch(/repeatPrecedingCharacter\(\w\)\{[^}]*=Math\.min\(/);
  expect(code).toMatch(/addCodepointToCell\([\w,]+\)\{[^}]*\.length>16\|\|/);
});

test("another xterm.js, which counts elsewhere, fails the build", () => {
  expect(() => bounded(xterm.replace(".params[0]||1;", ".params[1]||1;"))).toThrow(/9 places/);
  expect(() => bounded(bounded(xterm))).toThrow();
});
