import { expect, test } from "vitest";
import type { State } from "../session/view.ts";
import { WireError } from "../wire/error.ts";
import { type About, say } from "./words.ts";

const about: About = { machine: "box", now: 10_000, waiting: 0 };
const lost = new WireError("link_lost");

function text(state: State, more: Partial<About> = {}) {
  return say(state, { ...about, ...more })?.text;
}

test("nothing is said while all is well", () => {
  expect(say({ is: "live" }, about)).toBeUndefined();
  expect(say({ is: "left" }, about)).toBeUndefined();
});

test("a lost connection says when it is tried again, and what waits", () => {
  const away = (next?: number): State => ({ is: "away", since: 9_000, next, why: lost });
  expect(text(away(11_200), { waiting: 14 })).toBe("Connection lost, trying again in 2 s · 14 keys wait");
  expect(text(away(11_200), { waiting: 1 })).toBe("Connection lost, trying again in 2 s · 1 key waits");
  expect(text(away(11_200), { waiting: 250_000 })).toBe("Connection lost, trying again in 2 s · 250 KB wait");
  expect(text(away(9_000))).toBe("Connection lost, trying again in 1 s");
  expect(text(away())).toBe("Connection lost, trying again now");
  expect(say(away(11_200), about)?.actions).toEqual(["try now"]);
  expect(say(away(), about)?.actions).toEqual([]);
  const offline: State = { is: "away", since: 0, next: 15_000, why: new WireError("offline") };
  expect(text(offline)).toBe("box is offline, trying again in 5 s");
});

test("each end says how it came, and what can be done", () => {
  const exit = { code: 0, signal: "", error: "" };
  expect(text({ is: "ended", exit })).toBe("Ended");
  expect(text({ is: "ended", exit: { ...exit, code: 3 } })).toBe("Ended with exit code 3");
  expect(text({ is: "ended", exit: { ...exit, code: 137, signal: "KILL" } })).toBe("Ended by signal KILL");
  expect(text({ is: "ended", exit: { ...exit, code: 127, error: "there is no shell" } })).toBe(
    "There is no shell",
  );
  expect(say({ is: "ended", exit: { ...exit, code: 1 } }, about)?.tone).toBe("bad");
  expect(text({ is: "superseded", why: lost }, { taker: "ann" })).toBe("ann took this session over");
  expect(say({ is: "superseded", why: lost }, about)?.actions).toEqual(["take back", "close"]);
  expect(say({ is: "signed out", why: lost }, about)?.actions).toEqual(["sign in"]);
  expect(text({ is: "gone", why: new WireError("gone") })).toBe("That session has ended");
  // What a machine says is text as any other of it.
  const evil = `no shell \u202e\u001b[8m${"x".repeat(2000)}`;
  for (const is of ["gone", "refused"] as const)
    expect(text({ is, why: new WireError("gone", evil) })).toMatch(/^No shell \\u\{202e\}␛\[8mx+…$/);
  expect(text({ is: "ended", exit: { ...exit, code: 1, error: evil } })).toHaveLength(307);
  expect(text({ is: "ended", exit: { ...exit, code: 1, signal: "\u202eGNAB" } })).toBe(
    "Ended by signal \\u{202e}GNAB",
  );
});
