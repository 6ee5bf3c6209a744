import type { WireError } from "../wire/error.ts";

/** Redialling, with full jitter, in milliseconds: soon, since somebody is watching. As in internal/client/redial.go. */
const minRedial = 250;
const earlyRedial = 2_000; // at most, early in an outage
const maxRedial = 5_000;
const early = 30_000;
const healthy = 60_000; // a link that lived so long: the next one is dialled soon
const brief = 5_000; // one that lived less is a part of the outage
const openWithin = 30_000;
const firstTry = 10_000; // an Open of a session that was there a moment ago

/** Pauses are those between dials. */
export class Pauses {
  private tries = 0; // links that did not live long
  private lost = 0; // the outage began
  private notBefore = 0;
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** ended notes that a link is over. */
  ended(began: number, now: number): void {
    const lived = now - began;
    if (lived > healthy) this.tries = 0;
    if (lived > brief || this.lost === 0) this.lost = now;
  }

  /** after asks for patience: the server said when to come. */
  after(now: number, wait: number): void {
    this.notBefore = now + Math.min(wait, healthy);
  }

  /** next is how long to wait before a dial, and how long that dial may take. */
  next(now: number): { pause: number; within: number } {
    const most = now - this.lost < early ? earlyRedial : maxRedial;
    const spread = Math.min(most, minRedial * 2 ** this.tries);
    const first = this.lost === 0; // nobody dials twice for what may have been begun already
    const within = first ? openWithin : Math.min(openWithin, firstTry * 2 ** this.tries);
    this.tries = Math.min(this.tries + 1, 10); // until a link has proved healthy
    const patience = Math.min(Math.max(0, this.notBefore - now), healthy); // the clock may have been set back since
    return { pause: patience + this.random() * spread, within };
  }
}

/** Verdict is what an error means for an attachment: dialling again would not help, for one of these reasons. */
export type Verdict = "signed out" | "superseded" | "gone" | "refused";

const verdicts = new Map<string, Verdict>([
  ["unauthorized", "signed out"],
  ["reauth_required", "signed out"],
  ["superseded", "superseded"],
  ["taken", "superseded"], // the only thing of a terminal that somebody can take
  ["gone", "gone"],
  ["not_found", "gone"],
  ["forbidden", "refused"],
  ["bad_request", "refused"],
  ["protocol", "refused"],
  ["too_large", "refused"],
  ["method", "refused"],
  ["not_json", "refused"],
]);

/** verdict of an error; undefined where dialling again may help. */
export function verdict(why: WireError): Verdict | undefined {
  return verdicts.get(why.code);
}
