import { expect, test } from "vitest";
import { asError, ofClose, ofStatus, WireError } from "./error.ts";
import { vectors } from "./vectors.ts";

const all = vectors<{ code: string; close: number }[]>("errors");

test.each(all)("$code says by its reason what it is", ({ code, close }) => {
  expect(ofClose(close, code).code).toBe(code);
  expect(new WireError(code).message).not.toMatch(/something went wrong: try/);
});

test.each(all)("the close code of $code says nearly the same, where the reason was lost", ({ close }) => {
  const bare = ofClose(close, "");
  expect(all.find((e) => e.code === bare.code)?.close).toBe(close);
});

test("a reason that is no code of ours tells nothing", () => {
  expect(ofClose(1006, "").code).toBe("link_lost");
  expect(ofClose(1000, "constructor").code).toBe("link_lost");
  expect(ofClose(4401, "toString").code).toBe("unauthorized");
});

test("of an HTTP answer the server's own words count, then its status", () => {
  expect(ofStatus(404, "gone", "that session has ended")).toMatchObject({
    code: "gone",
    message: "that session has ended",
  });
  expect(ofStatus(502, "", "")).toMatchObject({ code: "internal" });
  expect(ofStatus(429, "slow_down", "", 3000).retryAfter).toBe(3000);
});

test("whatever else is thrown means that nobody was reached", () => {
  expect(asError(new TypeError("Failed to fetch")).code).toBe("unreachable");
});
