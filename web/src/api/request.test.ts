import { afterEach, expect, test, vi } from "vitest";
import { WireError } from "../wire/error.ts";
import { ask, path, turnedAway } from "./request.ts";
import { sentence } from "./sentence.ts";

afterEach(() => vi.unstubAllGlobals());

function answers(status: number, body: unknown, headers: Record<string, string> = {}) {
  const fetch = vi.fn(
    async () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }),
  );
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

async function failed(work: Promise<unknown>): Promise<WireError> {
  const e = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(e instanceof WireError)) throw new Error(`no WireError but ${e}`);
  return e;
}

test("what is asked goes out as JSON, and what is answered comes back", async () => {
  const fetch = answers(200, { message: "done" });
  expect(await ask("POST", "/api/x", { a: 1 })).toEqual({ message: "done" });
  expect(fetch).toHaveBeenCalledWith(
    "/api/x",
    expect.objectContaining({
      method: "POST",
      body: '{"a":1}',
      credentials: "same-origin",
      redirect: "error",
    }),
  );
});

test("a failure has the server's words, its code and how long to wait", async () => {
  answers(429, { error: "too many tries: wait a little" }, { "Vsay-Error": "slow_down", "Retry-After": "7" });
  const e = await failed(ask("GET", "/api/x"));
  expect([e.code, e.message, e.retryAfter]).toEqual(["slow_down", "too many tries: wait a little", 7000]);
  expect(sentence(e)).toBe("Too many tries: wait a little. Try again in 7 seconds.");
});

test("an answer that is none of vsay's still makes a sentence", async () => {
  answers(502, "<html>bad gateway</html>");
  expect(sentence(await failed(ask("GET", "/api/x")))).toMatch(/^Something went wrong/);
  answers(200, "<html>a captive portal</html>");
  expect(sentence(await failed(ask("GET", "/api/x")))).toMatch(/^Something went wrong/);
});

test("a server that is away is said to be", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  expect(sentence(await failed(ask("GET", "/api/x")))).toMatch(/cannot be reached/);
});

test("who is not signed in is told to all pages; a wrong password is not that", async () => {
  const before = turnedAway.value;
  answers(401, { error: "wrong email or password" }, { "Vsay-Error": "unauthorized" });
  await failed(ask("POST", "/api/auth/cookie", {}));
  expect(turnedAway.value).toBe(before);
  answers(401, { error: "not signed in: run vsay login" }, { "Vsay-Error": "unauthorized" });
  expect(sentence(await failed(ask("GET", "/api/me")))).toBe(
    "You are no longer signed in. Please sign in again.",
  );
  expect(turnedAway.value).toBe(before + 1);
});

test("what a request was for may be over", async () => {
  const gone = new AbortController();
  gone.abort();
  vi.stubGlobal("fetch", () => Promise.reject(new DOMException("aborted", "AbortError")));
  await expect(ask("GET", "/api/x", undefined, gone.signal)).rejects.toThrow("aborted");
});

test("an address takes a value as one part of it", () => {
  expect(path`/api/machines/${"../x?y"}/logs`).toBe("/api/machines/..%2Fx%3Fy/logs");
});
