import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { inspect, rewrite } from "./xterm_csp.ts";

const home = dirname(createRequire(import.meta.url).resolve("@xterm/xterm/package.json"));
const xterm = readFileSync(join(home, "lib/xterm.mjs"), "utf8");

test("the xterm.js in use is refused as it is, and is not after the rewrite", () => {
  expect(() => inspect(xterm, "xterm.mjs")).toThrow(/CSP refuses/);
  const code = rewrite(xterm);
  expect(() => inspect(code, "xterm.mjs")).not.toThrow();
  expect(code.match(/\{nonce:document/g)).toHaveLength(3);
  expect(code).toContain(".style.cssText+=`$");
});

test("another xterm.js, which does it in other places, fails the build", () => {
  expect(() => rewrite(xterm.replace('createElement("style")', 'createElement("i")'))).toThrow(/2 places/);
  expect(() => rewrite(xterm.replace('setAttribute("style"', 'setAttribute("class"'))).toThrow(/0 places/);
  expect(() => rewrite(rewrite(xterm))).toThrow();
});

test("a style attribute or element in any other library fails it too", () => {
  for (const code of ['a.setAttribute("style",b)', "d.createElement(`style`)", "d.createElement('style')"]) {
    expect(() => inspect(code, "x.js")).toThrow(/x\.js/);
  }
  inspect('a.style.cssText="color:red";b.setAttribute("class",c)', "x.js");
});
