import { signal } from "@preact/signals";
import { asError, type WireError } from "../wire/error.ts";
import { ask } from "./request.ts";
import type { Machine } from "./types.ts";

/** machines are those that one may reach, undefined until they are known. They are live while somebody follows. */
export const machines = signal<Machine[] | undefined>(undefined);

/** stale is why they are not known as they are now, where that is so. */
export const stale = signal<WireError | undefined>(undefined);

let followers = 0;
let source: EventSource | undefined;
let again: ReturnType<typeof setTimeout> | undefined;

/** follow keeps machines up to date until the function that it gives is called, and while somebody can see the tab. */
export function follow(): () => void {
  if (followers++ === 0) open();
  let done = false;
  return () => {
    if (done) return;
    done = true;
    if (--followers === 0) close();
  };
}

/** forgetMachines is for when somebody else signs in. */
export function forgetMachines() {
  machines.value = undefined;
  stale.value = undefined;
}

/** followAgain is for when somebody signs in where nobody was: what followed then was turned away. */
export function followAgain() {
  if (followers > 0 && !source) open();
}

/** refresh asks now: after something was done here, whose effect should be seen at once. */
export async function refresh() {
  try {
    machines.value = (await ask<{ machines: Machine[] }>("GET", "/api/machines")).machines;
    stale.value = undefined;
  } catch (e) {
    stale.value = asError(e);
  }
}

// A tab that nobody sees gives its connection back: over plain HTTP a browser has six for all of its tabs.
if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (followers > 0) open();
  });
}

function open() {
  close();
  if (document.hidden) return;
  source = new EventSource("/api/machines");
  source.addEventListener("machines", (e: MessageEvent<string>) => {
    machines.value = (JSON.parse(e.data) as { machines: Machine[] }).machines;
    stale.value = undefined;
  });
  source.onerror = () => void broken();
}

// An EventSource does not say why it failed, and after an answer that is none it does not try again. So ask plainly,
// which tells, and dial anew a little later.
async function broken() {
  close();
  if (followers === 0) return;
  await refresh();
  if (followers === 0 || stale.value?.code === "unauthorized") return;
  clearTimeout(again);
  again = setTimeout(open, 3000 + Math.random() * 2000);
}

function close() {
  clearTimeout(again);
  source?.close();
  source = undefined;
}
