import {
  decodeClose,
  decodeExit,
  decodeGap,
  decodeGoAway,
  decodeOpened,
  encode,
  type Open,
  type Opened,
} from "../wire/body.ts";
import type { WireError } from "../wire/error.ts";
import { type Frame, frame, kinds, resizeFrame } from "../wire/frame.ts";
import { Progress } from "../wire/progress.ts";
import { ownServer } from "./connect.ts";
import { Drawing } from "./drawing.ts";
import type { Link } from "./link.ts";
import { Pace } from "./pace.ts";
import { thisPage } from "./page.ts";
import { type Owner, Reach, type World } from "./reach.ts";
import { verdict } from "./redial.ts";
import { Typing } from "./typing.ts";
import type { Events, Screen, State, Where } from "./view.ts";

const browser: World = { connect: ownServer, page: thisPage, random: Math.random };

/** Times in milliseconds, and counts, as in internal/client. */
const ackWithin = 10; // the longest that output waits to be acknowledged once it was drawn
const settled = 200; // a size that only a picture is made for has to last so long
const redrawWithin = 1_000;
const maxRedraws = 3;
const maxWaiting = 16; // signals kept for a session that is away

/**
 * Attachment is one view of one session, over as many links as it takes: when one breaks it dials again and goes on
 * where it was, with no byte lost and none doubled in either direction. It begins to dial when it is made.
 *
 * It is the brother of internal/client's Attachment. Each has a WebSocket of its own, though a link could carry many
 * views: so a flood in one tab does not stand in front of the keys of another.
 */
export class Attachment {
  private where: Where;
  private readonly events: Events;
  private readonly progress = new Progress();
  private readonly typing = new Typing(this.progress);
  private readonly pace = new Pace();
  private readonly drawing: Drawing;
  private readonly reach: Reach;

  private now: State = { is: "connecting" };
  private newest = 0; // the generation of the newest Open
  private greeted = false; // the session has answered once
  private stealing: boolean;
  private spoiled = false; // the screen shows what is not the session's
  private signals: string[] = []; // for a session that is away
  private told = 0; // of Events.unacknowledged
  private ackTimer: ReturnType<typeof setTimeout> | undefined;
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(where: Where, screen: Screen, events: Events, world: World = browser) {
    this.where = where;
    this.stealing = where.steal === true;
    this.events = events;
    this.drawing = new Drawing(screen, this.progress, this.pace, {
      tellsPace: () => !world.page.hidden(),
      moved: (now) => this.drew(now),
    });
    this.reach = new Reach(world, this.owner);
    events.state?.(this.now);
    this.reach.start();
  }

  /** state is how it is now; Events.state is told each change. */
  get state(): State {
    return this.now;
  }

  /**
   * type sends what was typed or pasted, now or when the session can be reached, once and in order. It may be a
   * megabyte: it goes as fast as the program takes it. False when it is not taken at all: so much waits already, or
   * the attachment is over or only watches.
   */
  type(keys: string | Uint8Array): boolean {
    if (this.where.readOnly || this.isOver) return false;
    const bytes = typeof keys === "string" ? new TextEncoder().encode(keys) : keys.slice();
    if (!this.typing.add(bytes)) return false;
    this.flush();
    return true;
  }

  /** unacknowledged is how many typed bytes the session has not taken yet: leaving now may lose them. */
  get unacknowledged(): number {
    return this.typing.waiting;
  }

  /** resize says that the screen has another size now, in cells. */
  resize(cols: number, rows: number): void {
    this.where = { ...this.where, cols, rows };
    if (this.where.readOnly) this.fitWhenSettled();
    else this.fit();
  }

  /**
   * signal sends a signal, named as in "INT", to the program in the foreground. While the session is away it is kept.
   * One that was on its way when the link broke is lost: unlike keys, signals are not counted.
   */
  signal(name: string): void {
    if (this.where.readOnly || this.isOver) return;
    const link = this.reach.lane;
    if (link) link.send(frame(kinds.signal, link.stream, 0, new TextEncoder().encode(name)));
    else if (this.signals.length < maxWaiting) this.signals.push(name);
  }

  /** redraw has the session draw its whole screen anew: this one shows something that is not the session's. */
  redraw(): void {
    this.spoiled = true;
    if (this.reach.live) this.reach.live.redraws = 0;
    this.mend();
  }

  /** retryNow dials at once where it is "away", and goes on where it was "signed out". */
  retryNow(): void {
    if (this.now.is === "signed out") this.goOn();
    else this.reach.hurry();
  }

  /** takeBack goes on where it was "superseded", and leaves the others out. */
  takeBack(): void {
    if (this.now.is !== "superseded") return;
    this.stealing = true;
    this.goOn();
  }

  /** leave ends the attachment and leaves the session running. */
  leave(): void {
    if (this.isOver) return;
    const link = this.reach.live;
    link?.send(frame(kinds.close, link.stream));
    this.finish({ is: "left" });
  }

  private get isOver(): boolean {
    return ["ended", "gone", "refused", "left"].includes(this.now.is);
  }

  private set(now: State): void {
    this.now = now;
    this.events.state?.(now);
  }

  private goOn(): void {
    this.set({ is: "connecting" });
    this.reach.start();
  }

  private finish(how: State): void {
    this.reach.stop();
    clearTimeout(this.ackTimer);
    clearTimeout(this.settling);
    this.set(how);
  }

  private readonly owner: Owner = {
    target: () => ({
      machine: this.where.machine,
      session: this.where.session,
      readOnly: this.where.readOnly === true,
    }),
    question: (link) => this.question(link),
    adopt: (link, answer, offset) => this.adopt(link, answer, offset),
    began: () => this.began(),
    frame: (link, f) => this.take(link, f),
    away: (since, next, why) => this.set({ is: "away", since, next, why }),
    back: () => {
      this.set({ is: "live" });
      this.mend();
    },
    ended: (why) => this.end(why),
  };

  /** question is the next Open. What the old stream of its link brings from now on is not drawn. */
  private question(link: Link): Frame {
    const asked = this.progress.ask();
    const redraw = this.spoiled && this.progress.isPlaced;
    if (redraw) link.redraws++;
    link.stream++;
    link.generation = this.newest = asked.generation;
    link.from = this.progress.position;
    link.asking = true;
    link.asked = Date.now();
    link.cols = this.where.cols;
    link.rows = this.where.rows;
    const open: Open = { ...asked, ...openOf(this.where), redraw, steal: this.stealing };
    return frame(kinds.open, link.stream, 0, encode(open));
  }

  private adopt(link: Link, answer: Opened, offset: number): boolean {
    if (this.progress.isPlaced && link.from !== this.progress.position) return false; // more was drawn than it knows of
    this.answered(link, answer, offset);
    this.drawing.begin(answer.missed);
    this.stealing = false;
    if (this.greeted) return true;
    this.greeted = true;
    const { name: _, fresh: __, ...rest } = this.where;
    this.where = { ...rest, session: answer.session }; // this very session is meant, whatever becomes of its name
    this.events.opened?.(answer);
    return true;
  }

  private began(): void {
    this.set({ is: "live" });
    this.sendWaiting();
    this.fit();
    this.mend();
  }

  /** end is for what a server or a session said last. */
  private end(why: WireError): void {
    const is = verdict(why) ?? "refused";
    if (is === "gone" || is === "refused") {
      this.finish({ is, why });
      return;
    }
    this.reach.pause();
    this.set({ is, why });
  }

  // What frames say.

  private take(link: Link, f: Frame): void {
    if (f.stream === 0) {
      if (f.kind === kinds.goAway) this.reach.after(decodeGoAway(f.payload));
      return;
    }
    if (f.stream === link.stream) this.says[f.kind]?.(link, f);
  }

  private readonly says: Record<number, (link: Link, f: Frame) => void> = {
    [kinds.opened]: (link, f) => this.takeOpened(link, f),
    [kinds.output]: (_, f) => this.drawing.output(f),
    [kinds.stderr]: (_, f) => this.drawing.output(f),
    [kinds.screen]: (link, f) => this.takeScreen(link, f),
    [kinds.gap]: (_, f) => this.takeGap(f),
    [kinds.ack]: (_, f) => this.takeAck(f),
    [kinds.exit]: (link, f) => this.takeExit(link, f),
    [kinds.close]: (link, f) => link.breakOff(this.closed(link, f)),
  };

  /** answered takes what the session says of where it is. */
  private answered(link: Link, answer: Opened, offset: number): void {
    this.progress.opened(answer, offset);
    link.asking = false;
    link.answered = Date.now();
    this.reach.doubt.rests();
  }

  /** takeOpened is the answer to an Open on a link that is live already. */
  private takeOpened(link: Link, f: Frame): void {
    if (!link.asking) return;
    this.answered(link, decodeOpened(f.payload), f.offset);
    this.sendWaiting();
    if (!this.where.readOnly) this.fit(); // whose size asks anew by itself
  }

  private takeScreen(link: Link, f: Frame): void {
    if (f.payload.length > 0) {
      this.drawing.picture(f);
      return;
    }
    this.spoiled = false;
    link.redraws = 0;
    this.drawing.pictureEnds(f);
  }

  private takeGap(f: Frame): void {
    const gap = decodeGap(f.payload);
    this.events.gap?.(Math.max(0, gap.to - gap.from));
  }

  private takeAck(f: Frame): void {
    this.progress.takeAck(f);
    if (this.typing.waiting === 0) this.reach.doubt.rests();
    this.flush();
  }

  private takeExit(link: Link, f: Frame): void {
    const exit = decodeExit(f.payload);
    this.drawing.after(() => {
      if (link !== this.reach.live || link.stream !== f.stream) return; // it comes again
      this.acknowledge(true);
      link.send(frame(kinds.close, f.stream)); // or it would be kept for us
      this.finish({ is: "ended", exit });
    });
  }

  /** closed is why the session closed the stream. It may be that it has heard of a newer one of ours. */
  private closed(link: Link, f: Frame): WireError {
    const why = decodeClose(f.payload);
    return why.code === "superseded" && this.newest > link.generation
      ? decodeClose(f.payload.subarray(0, 0))
      : why;
  }

  // What is told to the session.

  private flush(): void {
    const link = this.reach.lane;
    if (link) {
      for (let f = this.typing.next(link.stream); f; f = this.typing.next(link.stream)) link.send(f);
      if (this.typing.waiting > 0) this.reach.doubt.waits();
    }
    if (this.told === this.typing.waiting) return;
    this.told = this.typing.waiting;
    this.events.unacknowledged?.(this.told);
  }

  private sendWaiting(): void {
    const names = this.signals;
    this.signals = [];
    for (const name of names) this.signal(name);
    this.flush();
  }

  /** drew is told that something was drawn. */
  private drew(now: boolean): void {
    this.progress.setWindow(this.pace.window(this.reach.live?.rtt ?? 0));
    if (this.acknowledge(now) || now) return;
    this.ackTimer ??= setTimeout(() => {
      this.ackTimer = undefined;
      this.acknowledge(true);
      this.mend();
    }, ackWithin);
  }

  private acknowledge(now: boolean): boolean {
    const link = this.reach.lane;
    const f = link && this.progress.ack(link.stream, now);
    if (f) link.send(f);
    return f !== undefined;
  }

  /** reopen asks anew on the live link. */
  private reopen(link: Link): void {
    link.send(this.question(link));
  }

  /** mend asks for the screen if it was spoilt, and again where none came: there was too much output before it. */
  private mend(): void {
    const link = this.reach.lane;
    if (!link || !this.spoiled || this.reach.isSilent || !this.progress.isPlaced) return;
    const again = link.redraws < maxRedraws && Date.now() - link.asked > redrawWithin;
    if (link.redraws === 0 || again) this.reopen(link);
  }

  /** fit tells the session this screen's size, if it knows another one. Who only watches asks anew instead. */
  private fit(): void {
    const link = this.reach.lane;
    const { cols, rows, readOnly } = this.where;
    if (!link || (link.cols === cols && link.rows === rows)) return;
    if (readOnly) {
      this.spoiled = true; // by what the terminal made of the picture for another size
      this.reopen(link);
      return;
    }
    [link.cols, link.rows] = [cols, rows];
    link.send(resizeFrame(link.stream, cols, rows));
  }

  private fitWhenSettled(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.reach.live?.asking) this.fitWhenSettled();
      else this.fit();
    }, settled);
  }
}

/** openOf is what an Open says of which session is meant, and how it is watched. */
function openOf(w: Where): Pick<Open, "spec" | "cols" | "rows" | "source"> & Partial<Open> {
  return {
    ...(w.session !== undefined && { session: w.session }),
    ...(w.session === undefined && w.name !== undefined && { name: w.name }),
    ...(w.session === undefined && w.fresh && { new: true }),
    ...(w.history !== undefined && { history: w.history }),
    ...(w.readOnly && { read_only: true }),
    spec: { kind: "shell", tty: true, term: "xterm-256color", env: ["COLORTERM=truecolor"] },
    cols: w.cols,
    rows: w.rows,
    source: "web",
  };
}
