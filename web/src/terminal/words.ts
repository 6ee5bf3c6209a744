import type { State } from "../session/view.ts";
import { count, shown } from "../ui/text.ts";
import { size } from "./size.ts";

/** Action is what a person can do about a state. */
export type Action = "try now" | "sign in" | "take back" | "new session" | "close";

/** Said is a state in words. */
export interface Said {
  readonly text: string;
  readonly tone: "quiet" | "waiting" | "bad" | "over";
  readonly actions: readonly Action[];
}

/** About is what else is known when a state is said. */
export interface About {
  readonly machine: string;
  readonly now: number; // as of Date.now()
  readonly waiting: number; // bytes that were typed and not taken
  readonly taker?: string | undefined; // who took the session over
}

/** say is a state in one plain sentence, with what can be done about it. Undefined: all is well. */
export function say(state: State, about: About): Said | undefined {
  switch (state.is) {
    case "connecting":
      return { text: `Connecting to ${about.machine} …`, tone: "quiet", actions: [] };
    case "live":
    case "left":
      return undefined;
    case "away":
      return { text: away(state, about), tone: "waiting", actions: state.next ? ["try now"] : [] };
    case "signed out":
      return { text: `Signed out${waiting(about)}`, tone: "waiting", actions: ["sign in"] };
    case "superseded":
      return { text: taken(about), tone: "over", actions: ["take back", "close"] };
    case "ended":
      return {
        text: ended(state.exit),
        tone: state.exit.code === 0 ? "over" : "bad",
        actions: ["new session", "close"],
      };
    case "gone":
    case "refused":
      return { text: sentence(state.why.message), tone: "bad", actions: ["new session", "close"] };
  }
}

function away(state: State & { is: "away" }, about: About): string {
  const what = state.why.code === "offline" ? `${about.machine} is offline` : "Connection lost";
  if (!state.next) return `${what}, trying again now${waiting(about)}`;
  const seconds = Math.max(1, Math.ceil((state.next - about.now) / 1000));
  return `${what}, trying again in ${seconds} s${waiting(about)}`;
}

/** waiting says what was typed meanwhile: in keys as long as somebody may have pressed them. */
function waiting({ waiting: n }: About): string {
  if (n === 0) return "";
  return ` · ${n < 1000 ? count(n, "key") : size(n)} ${n === 1 ? "waits" : "wait"}`;
}

function taken({ taker }: About): string {
  return taker ? `${taker} took this session over` : "Another viewer took this session over";
}

function ended(exit: (State & { is: "ended" })["exit"]): string {
  if (exit.error) return sentence(exit.error);
  if (exit.signal) return `Ended by signal ${shown(exit.signal, 16)}`;
  return exit.code === 0 ? "Ended" : `Ended with exit code ${exit.code}`;
}

/** mostSaid is how many characters a machine may say. */
const mostSaid = 300;

/** sentence begins with a capital: what the server or a machine says does not. It is fit to be seen. */
function sentence(text: string): string {
  return shown(text.charAt(0).toUpperCase() + text.slice(1), mostSaid);
}
