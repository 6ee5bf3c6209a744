import type { Frame } from "../wire/frame.ts";
import type { Progress } from "../wire/progress.ts";

/** maxKept bytes are numbered ahead of what the session has taken; maxTyped wait at most, those included. */
const maxKept = 256 << 10;
const maxTyped = 16 << 20;

/** Typing is what was typed or pasted and is not acknowledged. It goes as fast as the program takes it. */
export class Typing {
  private readonly progress: Progress;
  private queue: Uint8Array[] = [];
  private queued = 0;

  constructor(progress: Progress) {
    this.progress = progress;
  }

  /** add takes all of the keys or none. */
  add(keys: Uint8Array): boolean {
    if (this.waiting + keys.length > maxTyped) return false;
    this.queue.push(keys);
    this.queued += keys.length;
    return true;
  }

  /** waiting is how many bytes are not acknowledged. */
  get waiting(): number {
    return this.queued + this.progress.kept;
  }

  /** next is the next frame that may be sent. */
  next(stream: number): Frame | undefined {
    this.feed();
    return this.progress.next(stream);
  }

  private feed(): void {
    for (;;) {
      const first = this.queue[0];
      const room = maxKept - this.progress.kept;
      if (!first || room <= 0) return;
      const now = first.subarray(0, room);
      this.progress.type(now);
      this.queued -= now.length;
      if (now.length < first.length) this.queue[0] = first.subarray(now.length);
      else this.queue.shift();
    }
  }
}
