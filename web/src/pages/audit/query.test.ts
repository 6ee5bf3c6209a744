import { expect, test } from "vitest";
import { addressOf, filterOf, question } from "./query.ts";

const none = filterOf(new URLSearchParams());

test("a filter survives its address", () => {
  const f = { ...none, user: "ann & bob", event: "login", since: "2026-03-01" };
  expect(filterOf(new URL(addressOf(f), "http://x").searchParams)).toEqual(f);
  expect(addressOf(none)).toBe("/audit");
  expect(addressOf({ ...none, user: "  " })).toBe("/audit");
});

test("days that are none are left out", () => {
  expect(filterOf(new URLSearchParams("since=yesterday&until=2026-13-40"))).toEqual(none);
});

test("the server is asked for whole days by the clock of who looks", () => {
  const url = new URL(question({ ...none, since: "2026-03-01", until: "2026-03-01" }, 50, 7), "http://x");
  const at = (name: string) => new Date(url.searchParams.get(name) ?? "").getTime();
  expect(at("since")).toBe(new Date(2026, 2, 1).getTime());
  expect(at("until")).toBe(new Date(2026, 2, 2).getTime());
  expect(url.searchParams.get("before")).toBe("7");
  expect(url.searchParams.get("limit")).toBe("50");
});
