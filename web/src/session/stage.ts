import { vi } from "vitest";
import { WireError } from "../wire/error.ts";
import { encodeFrame, type Frame, frame, kinds, parseFrame } from "../wire/frame.ts";
import { Attachment } from "./attachment.ts";
import type { Ask, Connect, Socket } from "./connect.ts";
import type { Page } from "./page.ts";
import { Session } from "./stagesession.ts";
import type { Events, Screen, State, Where } from "./view.ts";

// What attachments are tested on, in fake time: the way to a session, which breaks, a screen and a page.

/** seeded is Math.random's like, that gives the same row for the same seed. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Wire is a WebSocket between a page and the session, with a server in between that answers pings. */
export class Wire implements Socket {
  message: (bytes: Uint8Array) => void = () => {};
  closed: (code: number, reason: string) => void = () => {};
  dead = false; // what is sent goes nowhere, and nobody says so
  frozen = false; // what comes to the page waits, as in front of one that sleeps
  halves = false; // a Screen does not come through but for its beginning
  readonly tokens: string[] = [];
  how = ""; // it was closed
  private over = false;
  private waiting: (() => void)[] = [];
  private readonly session: Session;
  private readonly delay: () => number;
  private way: [(() => void)[], (() => void)[]] = [[], []]; // to the session, and to the page

  constructor(session: Session, delay: () => number) {
    this.session = session;
    this.delay = delay;
  }

  get isOver(): boolean {
    return this.over;
  }

  send(message: Uint8Array): void {
    const f = parseFrame(message.slice());
    this.later(0, () => {
      if (f.stream !== 0) this.session.take(this, f);
      else if (f.kind === kinds.ping) this.toPage(frame(kinds.pong, 0, 0, f.payload));
      else if (f.kind === kinds.token) this.tokens.push(new TextDecoder().decode(f.payload));
    });
  }

  close(how: "leaving" | "back soon"): void {
    this.over = true;
    this.how = how;
  }

  toPage(f: Frame): void {
    if (this.halves && f.kind === kinds.screen && !text(f).startsWith("<")) return;
    const message = encodeFrame(f);
    this.later(1, () => this.message(message));
  }

  /** cut ends it with a code, and takes what is on its way along. */
  cut(code = 1006, reason = ""): void {
    if (this.over) return;
    this.over = this.dead = true;
    this.closed(code, reason);
  }

  thaw(): void {
    this.frozen = false;
    for (const deliver of this.waiting.splice(0)) deliver();
  }

  /** later delivers in order, a while after. */
  private later(direction: 0 | 1, deliver: () => void): void {
    this.way[direction].push(deliver);
    setTimeout(() => {
      const next = this.way[direction].shift();
      if (this.dead || (direction === 1 && this.over)) return;
      if (direction === 1 && this.frozen) this.waiting.push(() => next?.());
      else next?.();
    }, this.delay());
  }
}

const text = (f: Frame): string => new TextDecoder().decode(f.payload);

/** Server is the way to a session. */
export class Server implements Connect {
  readonly session = new Session();
  readonly wires: Wire[] = [];
  readonly asks: { at: number; ask: Ask }[] = [];
  refuse: WireError | undefined; // all tickets, as long as it is there
  hangs = false; // nothing comes of a ticket
  halves = false; // the end of a Screen does not come through
  delay: () => number = () => 5;

  async ticket(ask: Ask, signal: AbortSignal): Promise<string> {
    this.asks.push({ at: Date.now(), ask });
    await new Promise<void>((go, stop) => {
      signal.addEventListener("abort", () => stop(new WireError("unreachable")));
      if (!this.hangs) setTimeout(go, this.delay());
    });
    if (this.refuse) throw this.refuse;
    return `ticket ${this.asks.length}`;
  }

  async open(): Promise<Socket> {
    await new Promise((go) => setTimeout(go, this.delay()));
    if (this.refuse) throw new WireError("unreachable");
    const wire = new Wire(this.session, this.delay);
    wire.halves = this.halves;
    this.wires.push(wire);
    return wire;
  }

  /** last is the newest wire. */
  get last(): Wire {
    const wire = this.wires.at(-1);
    if (!wire) throw new Error("nobody has dialled");
    return wire;
  }
}

/** Paper is a screen that draws in its own time. */
export class Paper implements Screen {
  text = "";
  took: () => number = () => 0; // ms from one stroke to the next
  stopped = false; // it draws nothing
  private strokes: { bytes: Uint8Array; drawn: () => void }[] = [];
  private busy = false;

  write(bytes: Uint8Array, drawn: () => void): void {
    this.strokes.push({ bytes, drawn });
    this.go();
  }

  /** waiting is how many bytes are not drawn. */
  get waiting(): number {
    return this.strokes.reduce((n, s) => n + s.bytes.length, 0);
  }

  go(): void {
    if (this.busy || this.stopped || this.strokes.length === 0) return;
    this.busy = true;
    setTimeout(() => {
      this.busy = false;
      const stroke = this.stopped ? undefined : this.strokes.shift();
      if (stroke) {
        this.text += String.fromCharCode(...stroke.bytes);
        stroke.drawn();
      }
      this.go();
    }, this.took());
  }
}

/** FakePage is a page that is woken by hand. */
export class FakePage implements Page {
  isHidden = false;
  private wakes = new Set<() => void>();

  hidden(): boolean {
    return this.isHidden;
  }

  watch(wake: () => void): () => void {
    this.wakes.add(wake);
    return () => this.wakes.delete(wake);
  }

  wake(): void {
    for (const w of this.wakes) w();
  }

  get watchers(): number {
    return this.wakes.size;
  }
}

const here: Where = { machine: "box", cols: 80, rows: 24 };

/** staged is a stage on which an attachment can be made. */
export function staged(where: Partial<Where> = {}, seed = 1) {
  const [server, paper, page] = [new Server(), new Paper(), new FakePage()];
  const states: State[] = [];
  const gaps: number[] = [];
  const kept: number[] = [];
  const events: Events = {
    state: (now) => states.push(now),
    gap: (bytes) => gaps.push(bytes),
    unacknowledged: (bytes) => kept.push(bytes),
  };
  const world = { connect: server, page, random: seeded(seed) };
  const make = () => new Attachment({ ...here, ...where }, paper, events, world);
  const seen = () => states.map((s) => s.is).filter((is, i, all) => is !== all[i - 1]);
  return { server, session: server.session, paper, page, seen, gaps, kept, make };
}

/** attached is a stage with an attachment whose session has answered. */
export async function attached(where: Partial<Where> = {}) {
  const stage = staged(where);
  const attachment = stage.make();
  await pass(100);
  if (attachment.state.is !== "live") throw new Error(`it is ${attachment.state.is}`);
  return { ...stage, attachment };
}

/** pass has so many milliseconds go by. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
