import { batch, effect, signal } from "@preact/signals";
import { asError, WireError } from "../wire/error.ts";
import { followAgain, forgetMachines } from "./live.ts";
import { ask, turnedAway } from "./request.ts";
import { forgetSessions } from "./sessions.ts";
import type { Account } from "./types.ts";

/** me is who is signed in: null when nobody is, undefined as long as that is not known. */
export const me = signal<Account | null | undefined>(undefined);

/** trouble is why it is not known, if that failed. */
export const trouble = signal<WireError | undefined>(undefined);

/** last is the id of who was signed in last, or still is. */
export const last = signal("");

/** ended tells that somebody was signed in here and is no longer, without having asked for it. */
export const ended = signal(false);

effect(() => {
  if (!me.value || me.value.id === last.peek()) return;
  last.value = me.value.id;
  forgetMachines();
  forgetSessions();
});

effect(() => {
  if (me.value) followAgain();
});

effect(() => {
  if (turnedAway.value === 0) return;
  if (me.peek()) ended.value = true; // and is not read here: to sign in again must not run this
  me.value = null;
});

/** recall asks who is signed in. */
export async function recall() {
  trouble.value = undefined;
  try {
    const { user } = await ask<{ user: Account }>("GET", "/api/me");
    batch(() => {
      ended.value = false; // somebody signed in, in another tab
      me.value = user;
    });
  } catch (e) {
    if (me.value === undefined) trouble.value = asError(e);
  }
}

/** signIn does, with a cookie that no script can read. */
export async function signIn(email: string, password: string) {
  await ask("POST", "/api/auth/cookie", { email, password });
  const user = await kept();
  batch(() => {
    // Never null with nothing ended in between: that is what a sign-out looks like, and terminals would go.
    ended.value = false;
    me.value = user;
  });
  tabs?.postMessage("changed");
}

/** kept is who is signed in now, or why the browser did not keep or send what it was given. */
async function kept(): Promise<Account> {
  try {
    return (await ask<{ user: Account }>("GET", "/api/me")).user;
  } catch (e) {
    const why = asError(e);
    if (why.code !== "unauthorized" || !why.message.includes("vsay login")) throw e;
    throw new WireError(
      "cookie",
      "this browser keeps no cookie of this site: allow it to, then sign in again",
    );
  }
}

/** signUp makes an account and signs in. */
export async function signUp(username: string, email: string, password: string, invite: string) {
  await ask(
    "POST",
    "/api/signup",
    invite ? { username, email, password, invite } : { username, email, password },
  );
  await signIn(email, password);
}

/** signOut ends the login, its terminals too, in all tabs of this browser. */
export async function signOut() {
  await ask("POST", "/api/auth/logout");
  forget();
  tabs?.postMessage("signed out");
}

/** forget is signOut of a login that has ended already. */
export function forget() {
  me.value = null;
  ended.value = false;
}

// Tabs of one browser share the cookie, so they tell each other when it changes. Who signs out does so in all of them:
// a tab whose terminals were cut off before it hears of it would only know that its login has ended, and keep them.
const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("vsay");
if (tabs) tabs.onmessage = (e) => (e.data === "signed out" ? forget() : void recall());
