import { store, stored } from "./settings.ts";

const key = "vsay.clipboard";

/** noClipboard is what to say where a page cannot have what it was just told to copy or paste. */
export const noClipboard =
  "The browser keeps its clipboard from this page: allow it in its settings for this site, which has to be https";

/** mayCopy says whether programs on a machine may set the clipboard: undefined as long as nobody was asked. */
export function mayCopy(machine: string): boolean | undefined {
  return answers(stored(key))[machine];
}

/** letCopy remembers the answer for that machine, in this browser. */
export function letCopy(machine: string, allowed: boolean) {
  store(key, JSON.stringify({ ...answers(stored(key)), [machine]: allowed }));
}

/** answers reads what was remembered; what makes no sense was never said. */
export function answers(text: string | null): Record<string, boolean> {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, v]) => typeof v === "boolean"));
  } catch {
    return {};
  }
}

/** toClipboard puts text there. It says whether it could: browsers let only pages of https or localhost, that are looked at. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** fromClipboard is what is there, or undefined where the browser or its user does not let the page know. */
export async function fromClipboard(): Promise<string | undefined> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return undefined;
  }
}

/** asksForClipboard tells what a program says to read the clipboard (OSC 52) from what it says to set it. */
export function asksForClipboard(data: string): boolean {
  return data.slice(data.indexOf(";") + 1).startsWith("?");
}
