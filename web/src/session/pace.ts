import { defaultWindow } from "../wire/progress.ts";

/** As in internal/client/pace.go, in milliseconds and bytes. */
const windowTime = 35;
const minWindow = 64 << 10;
const maxWindow = 4 << 20;
const telling = 256 << 10; // bytes after which the pace is known

/** A piece that is smaller than this tells how late the screen's turn came, not how fast it draws. */
const tellingPiece = 4 << 10;

/** Pace is how fast the screen draws. The window is sized by it, in time: it is what Ctrl-C has to wait for. */
export class Pace {
  private total = 0; // bytes that told something, ever
  private bytes = 0; // of them, those that were drawn lately
  private spent = 0; // for them

  /** drew notes that n bytes took so long. */
  drew(n: number, took: number): void {
    if (n < tellingPiece) return;
    this.total += n;
    this.bytes += n;
    this.spent += Math.max(0, took);
    if (this.spent > 100) {
      // older strokes count half
      this.bytes /= 2;
      this.spent /= 2;
    }
  }

  /** window is what the screen draws in windowTime, and what is on its way in a round trip of rtt besides. */
  window(rtt: number): number {
    if (this.total < telling) return defaultWindow;
    const rate = this.bytes / Math.max(this.spent, 0.001);
    return Math.floor(Math.min(Math.max(rate * (windowTime + 2 * rtt), minWindow), maxWindow));
  }
}
