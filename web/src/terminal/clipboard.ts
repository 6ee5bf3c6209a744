import { store, stored } from "./settings.ts";

const key = "vsay.clipboard";

/** noClipboard is what to say where a page cannot have what it was just told to copy or paste. */
export const noClipboard =
  "The browser keeps its clipboard from this page: allow it in its settings for this site, which has to be https";

/** mayCopy says whether a user lets programs on a machine set the clipboard: undefined as long as nobody was asked. */
export function mayCopy(user: string, machine: string): boolean | undefined {
  return answers(stored(key))[whose(user, machine)];
}

/** letCopy remembers the answer of that user for that machine, in this browser. */
export function letCopy(user: string, machine: string, allowed: boolean) {
  store(key, JSON.stringify({ ...answers(stored(key)), [whose(user, machine)]: allowed }));
}

/** whose names the answer: what one user of a browser allowed, another one did not. */
function whose(user: string, machine: string): string {
  return `${user} ${machine}`;
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

/** mostCopied is how many characters a program may put into the clipboard. */
export const mostCopied = 1 << 20;

/** maySet says whether a program sets the clipboard (OSC 52): it does not read it, and is not too long to be decoded at once. */
export function maySet(data: string): boolean {
  return data.length <= 2 * mostCopied && !data.slice(data.indexOf(";") + 1).startsWith("?");
}
