import { expect, test } from "vitest";
import { match } from "./router.ts";

test.each([
  ["/", "/", {}],
  ["/audit", "/audit", {}],
  ["/audit", "/audit/", undefined],
  ["/audit", "/auditor", undefined],
  ["/machines/:agent", "/machines/a-1", { agent: "a-1" }],
  ["/machines/:agent", "/machines/a%2F1", { agent: "a/1" }],
  ["/machines/:agent", "/machines/", undefined],
  ["/machines/:agent", "/machines/%E0%A4%A", undefined],
  ["/machines/:agent", "/machines/a/b", undefined],
])("%s and %s", (pattern, path, names) => {
  expect(match(pattern, path)).toEqual(names);
});
