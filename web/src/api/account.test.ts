import { effect } from "@preact/signals";
import { afterEach, expect, test, vi } from "vitest";
import { ended, last, me, recall, signIn, signOut, trouble } from "./account.ts";
import { ask, turnedAway } from "./request.ts";

afterEach(() => vi.unstubAllGlobals());

const ann = { id: "1", username: "ann", email: "ann@example.com", admin: false };
const bob = { id: "2", username: "bob", email: "bob@example.com", admin: false };

function answers(status: number, body: unknown) {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status }));
}

async function refused() {
  answers(401, { error: "not signed in: run vsay login" });
  await ask("GET", "/api/machines").catch(() => undefined);
}

test("who is signed in is known, and how that ended", async () => {
  answers(503, { error: "the server is busy or starting: try again" });
  await recall();
  expect([me.value, trouble.value?.code]).toEqual([undefined, "unavailable"]);

  await refused();
  expect([me.value, ended.value]).toEqual([null, false]); // nobody was

  answers(200, { user: ann });
  await signIn("ann@example.com", "correct horse");
  expect([me.value, last.value, ended.value]).toEqual([ann, "1", false]);

  await refused();
  expect([me.value, last.value, ended.value]).toEqual([null, "1", true]); // a terminal is kept for ann

  answers(200, { user: bob });
  await recall(); // another tab signed in
  expect([me.value, last.value, ended.value]).toEqual([bob, "2", false]);

  answers(200, { message: "done" });
  await signOut();
  expect([me.value, ended.value]).toEqual([null, false]);
});

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
