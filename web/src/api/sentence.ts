import { asError } from "../wire/error.ts";

/** inPages are the sentences whose own words are of the command line. */
const inPages: Record<string, string> = {
  uninvited: "Signing up here takes an invitation. Ask an administrator of this server for a link.",
  reauth_required: "You have been signed in for very long. Please sign in again.",
  unreachable: "The server cannot be reached. Check the network, then try again.",
};

/** sentence is what a failure says to somebody who looks at a page: whole, and with what to do next. */
export function sentence(thrown: unknown): string {
  const e = asError(thrown);
  if (e.code === "unauthorized" && e.message.includes("vsay login"))
    return "You are no longer signed in. Please sign in again.";
  const said = inPages[e.code] ?? whole(e.message);
  return e.retryAfter ? `${said} Try again in ${wait(e.retryAfter)}.` : said;
}

/** whole makes a sentence of what begins small and ends without a full stop. */
export function whole(message: string): string {
  const s = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(s) ? s : `${s}.`;
}

/** wait is a time that one has to wait, in milliseconds, rounded up. */
function wait(ms: number): string {
  const s = Math.ceil(ms / 1000);
  if (s === 1) return "a second";
  if (s <= 90) return `${s} seconds`;
  return `${Math.ceil(s / 60)} minutes`;
}
