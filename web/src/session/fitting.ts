import { resizeFrame } from "../wire/frame.ts";
import type { Progress } from "../wire/progress.ts";
import type { Link } from "./link.ts";
import type { Reach } from "./reach.ts";

/** As in internal/client, in milliseconds. */
const settled = 200; // a size that only a picture is made for has to last so long
const redrawWithin = 1_000;
const maxRedraws = 3;

/** Fitting has the session know the screen's size, and draw the whole screen where that shows something else. */
export class Fitting {
  cols: number;
  rows: number;
  spoiled = false; // the screen shows what is not the session's

  private readonly readOnly: boolean;
  private readonly reach: Reach;
  private readonly progress: Progress;
  private readonly reopen: (link: Link) => void;
  private settling: ReturnType<typeof setTimeout> | undefined;

  /** reopen asks anew on a link that lives. */
  constructor(
    size: { readonly cols: number; readonly rows: number; readonly readOnly?: boolean },
    reach: Reach,
    progress: Progress,
    reopen: (link: Link) => void,
  ) {
    this.cols = size.cols;
    this.rows = size.rows;
    this.readOnly = size.readOnly === true;
    this.reach = reach;
    this.progress = progress;
    this.reopen = reopen;
  }

  /** resize says that the screen has another size. Who only watches may not send one, and asks anew instead. */
  resize(cols: number, rows: number): void {
    this.cols = cols;
    this.rows = rows;
    if (this.readOnly) this.whenSettled();
    else this.fit();
  }

  /** redraw wants the whole screen. */
  redraw(): void {
    this.spoiled = true;
    if (this.reach.live) this.reach.live.redraws = 0;
    this.mend();
  }

  /** opened is for an Open on a link that lives already, that was answered. */
  opened(): void {
    if (!this.readOnly) this.fit(); // whose size asks anew by itself
  }

  /** drawn is for a screen that came whole. */
  drawn(link: Link): void {
    this.spoiled = false;
    link.redraws = 0;
  }

  /** mend asks for the screen if it was spoilt, and again where none came: there was too much output before it. */
  mend(): void {
    const link = this.reach.lane;
    if (!link || !this.spoiled || this.reach.isSilent || !this.progress.isPlaced) return;
    const again = link.redraws < maxRedraws && Date.now() - link.asked > redrawWithin;
    if (link.redraws === 0 || again) this.reopen(link);
  }

  /** fit tells the session this screen's size, if it knows another one. */
  fit(): void {
    const link = this.reach.lane;
    if (!link || (link.cols === this.cols && link.rows === this.rows)) return;
    if (this.readOnly) {
      this.spoiled = true; // by what the terminal made of the picture for another size
      this.reopen(link);
      return;
    }
    link.cols = this.cols;
    link.rows = this.rows;
    link.send(resizeFrame(link.stream, this.cols, this.rows));
  }

  stop(): void {
    clearTimeout(this.settling);
  }

  private whenSettled(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.reach.live?.asking) this.whenSettled();
      else this.fit();
    }, settled);
  }
}
