import { effect } from "@preact/signals";
import { afterEach, expect, test, vi } from "vitest";
import { turnedAway } from "../api/request.ts";
import { ended, me, signIn } from "./account.ts";

afterEach(() => vi.unstubAllGlobals());

test("who signs in again where a login ended is signed in, and never seemed to have signed out", async () => {
  const user = { id: "1", username: "ann", email: "ann@example.com", admin: false };
  vi.stubGlobal("fetch", async () => Response.json({ user }));
  await signIn("ann@example.com", "password");
  turnedAway.value++;
  expect([me.value, ended.value]).toEqual([null, true]);
  const left: boolean[] = [];
  const stop = effect(() => {
    left.push(me.value === null && !ended.value);
  });
  await signIn("ann@example.com", "password");
  stop();
  expect([me.value, ended.value]).toEqual([user, false]);
  expect(left).not.toContain(true);
});
