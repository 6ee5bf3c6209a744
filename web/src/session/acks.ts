import type { Progress } from "../wire/progress.ts";
import type { Reach } from "./reach.ts";

/** ackWithin is the longest that output waits to be acknowledged once it was drawn, in milliseconds. */
const ackWithin = 10;

/** Acks acknowledges what was drawn: a quarter of the window at a time, or a little later. */
export class Acks {
  private readonly progress: Progress;
  private readonly reach: Reach;
  private readonly late: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** late is called after the last bytes of a burst. */
  constructor(progress: Progress, reach: Reach, late: () => void) {
    this.progress = progress;
    this.reach = reach;
    this.late = late;
  }

  /** due says that something was drawn. */
  due(now: boolean): void {
    if (this.send(now) || now) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.send(true);
      this.late();
    }, ackWithin);
  }

  /** send sends an Ack if one is due. While an Open waits for its answer none is: it says itself what was drawn. */
  send(now: boolean): boolean {
    const link = this.reach.lane;
    const f = link && this.progress.ack(link.stream, now);
    if (f) link.send(f);
    return f !== undefined;
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
