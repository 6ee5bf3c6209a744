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
import { type Frame, frame, kinds } from "../wire/frame.ts";
import { Progress } from "../wire/progress.ts";
import { Acks } from "./acks.ts";
import { ownServer } from "./connect.ts";
import { Drawing } from "./drawing.ts";
import { Fitting } from "./fitting.ts";
import type { Link } from "./link.ts";
import { openOf } from "./opening.ts";
import { Pace } from "./pace.ts";
import { thisPage } from "./page.ts";
import { type Owner, Reach, type World } from "./reach.ts";
import { verdict } from "./redial.ts";
import { Signals } from "./signals.ts";
import { Typing } from "./typing.ts";
import { type Events, isOver, type Screen, type State, type Where } from "./view.ts";

const browser: World = { connect: ownServer, page: thisPage, random: Math.random };

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
  private readonly acks: Acks;
  private readonly fitting: Fitting;
  private readonly signals: Signals;

  private now: State = { is: "connecting" };
  private newest = 0; // the generation of the newest Open
  private greeted = false; // the session has answered once
  private stealing: boolean;
  private told = 0; // of Events.unacknowledged

  constructor(where: Where, screen: Screen, events: Events, world: World = browser) {
    this.where = where;
    this.stealing = where.steal === true;
    this.events = events;
    this.drawing = new Drawing(screen, this.progress, this.pace, {
      tellsPace: () => !world.page.hidden(),
      moved: (now) => this.drew(now),
    });
    this.reach = new Reach(world, this.owner);
    this.fitting = new Fitting(where, this.reach, this.progress, (link) => link.send(this.question(link)));
    this.signals = new Signals(this.reach);
    this.acks = new Acks(this.progress, this.reach, () => this.fitting.mend());
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
    this.fitting.resize(cols, rows);
  }

  /**
   * signal sends a signal, named as in "INT", to the program in the foreground. While the session is away it is kept.
   * One that was on its way when the link broke is lost: unlike keys, signals are not counted.
   */
  signal(name: string): void {
    if (this.where.readOnly || this.isOver) return;
    this.signals.send(name);
  }

  /** redraw has the session draw its whole screen anew: this one shows something that is not the session's. */
  redraw(): void {
    this.fitting.redraw();
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
    this.finish({ is: "left" });
  }

  private get isOver(): boolean {
    return isOver(this.now);
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
    this.acks.stop();
    this.fitting.stop();
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
    back: () => this.back(),
    ended: (why) => this.end(why),
  };

  /** question is the next Open. What the old stream of its link brings from now on is not drawn. */
  private question(link: Link): Frame {
    const asked = this.progress.ask();
    const redraw = this.fitting.spoiled && this.progress.isPlaced;
    const { cols, rows } = this.fitting;
    this.newest = asked.generation;
    link.asks({ generation: asked.generation, from: this.progress.position, cols, rows, redraw });
    const open: Open = { ...asked, ...openOf(this.where), cols, rows, redraw, steal: this.stealing };
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
    this.fitting.fit();
    this.fitting.mend();
  }

  private back(): void {
    this.set({ is: "live" });
    this.fitting.mend();
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
    this.fitting.opened();
  }

  private takeScreen(link: Link, f: Frame): void {
    if (f.payload.length > 0) {
      this.drawing.picture(f);
      return;
    }
    this.fitting.drawn(link);
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
      this.acks.send(true);
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
    this.signals.sendWaiting();
    this.flush();
  }

  /** drew is told that something was drawn. */
  private drew(now: boolean): void {
    this.progress.setWindow(this.pace.window(this.reach.live?.rtt ?? 0));
    this.acks.due(now);
  }
}
