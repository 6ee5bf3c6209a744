import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { rewrite } from "./xterm_hidden.ts";

const home = dirname(createRequire(import.meta.url).resolve("@xterm/xterm/package.json"));
const xterm = readFileSync(join(home, "lib/xterm.mjs"), "utf8");

test("the xterm.js in use draws without timers after the rewrite, and another one fails the build", () => {
  expect(rewrite(xterm)).not.toMatch(/setTimeout\(\(\)=>this\._innerWrite\(\)\)/);
  expect(() =>
    rewrite(xterm.replace("setTimeout(()=>this._innerWrite())", "requestIdleCallback(f)")),
  ).toThrow(/1 places/);
});
