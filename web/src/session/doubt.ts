import type { Link } from "./link.ts";

/**
 * A link on which typing is not acknowledged may be half open: what is sent goes nowhere, and nobody says so. Or the
 * program does not read, which is no fault of the link: so the session itself is asked, end to end. Where output comes
 * all the same, the answer may wait behind it on a thin line, and gets more time. As in internal/client/doubt.go, in ms.
 */
const lookEvery = 500;
const askAfter = 1_000; // without an answer, and each second while it lasts
const doubtful = 3_000; // without a frame of the session
const deaf = 8_000; // without an answer, though frames come

/** Sign is what would show that a link is alive all the same. */
export type Sign = "anything" | "a frame of the session" | "an answer of the session";

/** Doubt watches a link while typing waits for its acknowledgement. */
export class Doubt {
  private since = 0; // typing waits since then; 0: none does
  private looked = 0;
  private asked = 0; // so long without an answer, when the session was asked last
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly link: () => Link | undefined;
  private readonly found: (sign: Sign, since: number) => void;

  /** found is told that the live link is doubtful, since when, and what would show that it is not. */
  constructor(link: () => Link | undefined, found: (sign: Sign, since: number) => void) {
    this.link = link;
    this.found = found;
  }

  /** waits says that something is typed and not acknowledged. */
  waits(): void {
    if (this.since !== 0) return;
    this.since = this.looked = Date.now();
    this.asked = 0;
    this.timer = setInterval(() => this.look(), lookEvery);
  }

  /** rests says that nothing is, or that it begins anew. */
  rests(): void {
    this.since = 0;
    clearInterval(this.timer);
  }

  private look(): void {
    const now = Date.now();
    const late = now < this.looked || now - this.looked > 2 * lookEvery;
    this.looked = now;
    if (late) this.since = now; // this page did not run: what came meanwhile may wait to be read
    const link = this.link();
    if (!link) return;
    const silent = now - Math.max(this.since, link.sessionHeard);
    const unanswered = now - Math.max(this.since, link.answered);
    if (silent >= doubtful) this.found("a frame of the session", now - silent);
    else if (unanswered >= deaf) this.found("an answer of the session", now - unanswered);
    else if (unanswered < askAfter) this.asked = 0;
    else if (unanswered >= this.asked + askAfter) {
      this.asked = unanswered;
      link.ping(link.stream);
    }
  }
}
