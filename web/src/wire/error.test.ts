import { expect, test } from "vitest";
import { asError, ofAnswer, ofClose, WireError } from "./error.ts";
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
  const of = (status: number, headers: Record<string, string>, body?: unknown) =>
    ofAnswer(new Response(null, { status, headers }), body);
  const said = of(404, { "Vsay-Error": "gone" }, { error: "that session has ended, all of it" });
  expect(said).toMatchObject({ code: "gone", message: "that session has ended, all of it" });
  for (const body of [undefined, null, 7, "Bad Gateway", {}, { error: 7 }, []]) {
    expect(of(502, {}, body)).toMatchObject({ code: "internal", message: new WireError("internal").message });
  }
  expect(of(429, { "Retry-After": "3" })).toMatchObject({ code: "slow_down", retryAfter: 3000 });
  for (const wait of ["-3", "Wed, 21 Oct 2026 07:28:00 GMT", "Infinity?"]) {
    expect(of(503, { "Retry-After": wait })).toMatchObject({ code: "unavailable", retryAfter: 0 });
  }
});

test("whatever else is thrown means that nobody was reached", () => {
  expect(asError(new TypeError("Failed to fetch")).code).toBe("unreachable");
});
