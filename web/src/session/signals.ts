import { frame, kinds } from "../wire/frame.ts";
import type { Reach } from "./reach.ts";

/** maxWaiting signals are kept for a session that is away: enough for whoever hits Ctrl-C in anger. */
const maxWaiting = 16;

/** Signals are those for the program in the foreground. Unlike keys they are not counted. */
export class Signals {
  private readonly reach: Reach;
  private waiting: string[] = [];

  constructor(reach: Reach) {
    this.reach = reach;
  }

  /** send sends one now, or when the session can be reached. */
  send(name: string): void {
    const link = this.reach.lane;
    if (link) link.send(frame(kinds.signal, link.stream, 0, new TextEncoder().encode(name)));
    else if (this.waiting.length < maxWaiting) this.waiting.push(name);
  }

  /** sendWaiting sends those that had to wait. */
  sendWaiting(): void {
    for (const name of this.waiting.splice(0)) this.send(name);
  }
}
