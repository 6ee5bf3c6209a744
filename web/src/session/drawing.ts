import { WireError } from "../wire/error.ts";
import type { Frame } from "../wire/frame.ts";
import type { Progress } from "../wire/progress.ts";
import { Unasked } from "../wire/unasked.ts";
import type { Pace } from "./pace.ts";
import type { Screen } from "./view.ts";

/** mostPictured is how many bytes of Screens may wait to be drawn: no window bounds those. */
const mostPictured = 16 << 20;

/** empty clears a terminal with all that was scrolled up. */
const empty = new TextEncoder().encode("\x1bc\x1b[3J");

/** Stroke is something that was given to the screen, or that is to be done in its turn. */
interface Stroke {
  drawn: boolean;
  readonly then: () => void;
}

/** DrawingEvents are what a drawing tells, and asks. */
export interface DrawingEvents {
  /** moved says that something was drawn, and whether that is to be acknowledged at once. */
  moved(now: boolean): void;

  /** tellsPace says that what is drawn now takes as long as it ever does. */
  tellsPace(): boolean;
}

/** Drawing is what goes to the screen, and how far that has come with it. */
export class Drawing {
  missed = 0; // output before it is of the past

  private readonly screen: Screen;
  private readonly progress: Progress;
  private readonly pace: Pace;
  private readonly events: DrawingEvents;
  private readonly unasked = new Unasked();
  private strokes: Stroke[] = [];
  private pictured = 0;
  private lastDrawn = 0;
  private epoch = 0; // of the position: one more where a new viewer begins once more
  private touched = false; // something was drawn in this epoch

  constructor(screen: Screen, progress: Progress, pace: Pace, events: DrawingEvents) {
    this.screen = screen;
    this.progress = progress;
    this.pace = pace;
    this.events = events;
  }

  /** begin is for the answer to an Open: output before missed is of the past. */
  begin(missed: number): void {
    this.missed = missed;
    this.unasked.quiet = !this.progress.isPlaced;
    if (this.progress.isPlaced) return;
    this.epoch++;
    this.unasked.rest();
    if (this.touched) this.put(empty, () => {});
    this.touched = false;
  }

  /** output draws what of a frame is new. */
  output(f: Frame): void {
    const old = Math.max(0, this.missed - this.progress.position);
    const fresh = this.progress.output(f);
    if (fresh.length === 0) return;
    this.touched = true;
    const [epoch, handed] = [this.epoch, performance.now()];
    this.put(this.replay(fresh, old), () => {
      const now = performance.now();
      if (this.events.tellsPace()) this.pace.drew(fresh.length, now - Math.max(handed, this.lastDrawn));
      this.lastDrawn = now;
      if (epoch !== this.epoch) return;
      this.progress.drawn(fresh.length);
      this.events.moved(false);
    });
  }

  /** picture draws a part of a Screen. */
  picture(f: Frame): void {
    const n = f.payload.length;
    this.pictured += n;
    if (this.pictured > mostPictured)
      throw new WireError("protocol", "the session sent more pictures than can be drawn");
    this.touched = true;
    this.put(this.replay(f.payload, 0), () => {
      this.pictured -= n;
    });
  }

  /** pictureEnds moves this viewer on: the Screen is whole. */
  pictureEnds(f: Frame): void {
    this.progress.skip(f.offset);
    this.unasked.quiet = false;
    const epoch = this.epoch;
    this.after(() => {
      if (epoch !== this.epoch) return;
      this.progress.jump(f.offset);
      this.events.moved(true);
    });
  }

  /** after does something once all is drawn that came so far. */
  after(then: () => void): void {
    this.strokes.push({ drawn: true, then });
    this.settle();
  }

  /** replay leaves out what is only for who saw it, of output of which the first so many bytes are old. */
  private replay(fresh: Uint8Array, old: number): Uint8Array {
    const past = old > 0 ? this.unasked.filter(fresh.subarray(0, old)) : nothing;
    if (old >= fresh.length) return past;
    return concat(past, this.unasked.rest(), fresh.subarray(old));
  }

  private put(bytes: Uint8Array, then: () => void): void {
    const stroke: Stroke = { drawn: bytes.length === 0, then };
    this.strokes.push(stroke);
    if (bytes.length > 0) {
      this.screen.write(bytes, () => {
        stroke.drawn = true;
        this.settle();
      });
    }
    this.settle();
  }

  /** settle does what was to be done after strokes that are drawn, in their order. */
  private settle(): void {
    for (let first = this.strokes[0]; first?.drawn; first = this.strokes[0]) {
      this.strokes.shift();
      first.then();
    }
  }
}

const nothing = new Uint8Array(0);

function concat(...parts: Uint8Array[]): Uint8Array {
  const some = parts.filter((p) => p.length > 0);
  if (some.length < 2) return some[0] ?? nothing;
  const all = new Uint8Array(some.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of some) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
