import { encode } from "../wire/body.ts";
import { WireError } from "../wire/error.ts";
import {
  ackFrame,
  encodeFrame,
  type Frame,
  frame,
  kinds,
  maxPayload,
  parseFrame,
  windowOf,
} from "../wire/frame.ts";
import type { Ask, Connect, Socket } from "./connect.ts";
import type { Page } from "./page.ts";
import type { Screen } from "./view.ts";

// What attachments are tested on, in fake time: a session, the way to it that breaks, a screen and a page. It is all
// here because none of it is used anywhere else; what the session does is what internal/session does.

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

interface Viewer {
  generation: number;
  typed: number; // the next offset of input wanted
}

interface Lane {
  readonly wire: Wire;
  readonly stream: number;
  readonly attachment: string;
  sent: number;
  limit: number;
  exited: boolean;
}

export interface OpenSeen {
  attachment: string;
  generation: number;
  output_from?: number;
  history?: number;
  redraw?: boolean;
  window: number;
  session?: string;
  name?: string;
  new?: boolean;
  steal?: boolean;
  cols: number;
  rows: number;
}

/** Session is a program on a machine, and its holder. It reads what is typed at once, unless it is told not to. */
export class Session {
  output = ""; // one byte each
  input = "";
  start = 0; // of the output that is kept
  reads = true;
  answersPings = true;
  exit: { code: number } | undefined;
  readonly opens: OpenSeen[] = [];
  readonly signals: string[] = [];
  readonly sizes: string[] = [];
  private readonly viewers = new Map<string, Viewer>();
  private lanes: Lane[] = [];
  private unread: { lane: Lane; f: Frame }[] = [];

  print(text: string): void {
    this.output += text;
    this.pump();
  }

  /** forget has only the last bytes of the output be there. */
  forget(kept: number): void {
    this.start = Math.max(this.start, this.output.length - kept);
  }

  end(code: number): void {
    this.exit = { code };
    this.pump();
  }

  read(): void {
    this.reads = true;
    for (const { lane, f } of this.unread.splice(0)) this.typed(lane, f);
  }

  /** screen is what it sends in place of output: no part of that. */
  screen(): string {
    return `<screen ${this.output.length}>`;
  }

  /** steal closes all there is, as for another viewer. */
  steal(): void {
    for (const l of this.lanes.splice(0)) this.refuse(l.wire, l.stream, new WireError("superseded"));
  }

  take(wire: Wire, f: Frame): void {
    if (f.kind === kinds.open) this.open(wire, f.stream, JSON.parse(new TextDecoder().decode(f.payload)));
    const lane = this.lanes.find((l) => l.wire === wire && l.stream === f.stream);
    if (!lane) return;
    if (f.kind === kinds.input) this.typed(lane, f);
    if (f.kind === kinds.ping && this.answersPings) wire.toPage(frame(kinds.pong, f.stream, 0, f.payload));
    if (f.kind === kinds.signal) this.signals.push(new TextDecoder().decode(f.payload));
    if (f.kind === kinds.close) this.lanes = this.lanes.filter((l) => l !== lane);
    if (f.kind === kinds.resize) this.sizes.push(Array.from(f.payload).join(" "));
    if (f.kind === kinds.ack) this.acked(lane, f);
  }

  private acked(lane: Lane, f: Frame): void {
    if (f.offset > lane.sent) throw new Error(`acknowledged ${f.offset}, where ${lane.sent} was sent`);
    lane.limit = Math.max(lane.limit, f.offset + windowOf(f));
    this.pump();
  }

  private refuse(wire: Wire, stream: number, why: WireError): void {
    wire.toPage(frame(kinds.close, stream, 0, encode({ code: why.code, error: why.message })));
  }

  private open(wire: Wire, stream: number, o: OpenSeen): void {
    this.opens.push(o);
    const viewer = this.viewers.get(o.attachment) ?? { generation: 0, typed: 0 };
    if (o.generation < viewer.generation) {
      this.refuse(wire, stream, new WireError("superseded"));
      return;
    }
    viewer.generation = o.generation;
    this.viewers.set(o.attachment, viewer);
    for (const old of this.lanes.filter((l) => l.attachment === o.attachment)) {
      this.refuse(old.wire, old.stream, new WireError("superseded"));
    }
    this.lanes = this.lanes.filter((l) => l.attachment !== o.attachment);
    const lane = { wire, stream, attachment: o.attachment, sent: 0, limit: 0, exited: false };
    this.lanes.push(lane);
    this.welcome(lane, o, viewer);
    this.pump();
  }

  private welcome(lane: Lane, o: OpenSeen, viewer: Viewer): void {
    const end = this.output.length;
    const wanted = o.output_from ?? (o.history ? Math.max(this.start, end - o.history) : end);
    const gap = wanted < this.start;
    const pictured = gap || (o.output_from === undefined && !o.history && end > 0);
    lane.sent = pictured ? end : wanted;
    lane.limit = (pictured ? end : wanted) + o.window;
    lane.wire.toPage(
      frame(
        kinds.opened,
        lane.stream,
        lane.sent,
        encode({
          session: "id",
          name: "1",
          input_from: viewer.typed,
          window: 4096,
          missed: o.output_from === undefined && !o.history ? 0 : end,
        }),
      ),
    );
    if (gap) lane.wire.toPage(frame(kinds.gap, lane.stream, end, encode({ from: wanted, to: end })));
    const early = o.output_from === undefined && o.history !== undefined;
    if (early || o.redraw) this.send(lane, Number.POSITIVE_INFINITY);
    if (pictured || early || o.redraw) this.picture(lane);
  }

  picture(lane: Lane): void {
    const at = this.output.length;
    for (const part of [this.screen().slice(0, 4), this.screen().slice(4), ""]) {
      lane.wire.toPage(frame(kinds.screen, lane.stream, at, latin(part)));
    }
  }

  private typed(lane: Lane, f: Frame): void {
    if (!this.reads) {
      this.unread.push({ lane, f });
      return;
    }
    const viewer = this.viewers.get(lane.attachment);
    if (!viewer || f.offset > viewer.typed) throw new Error(`typed at ${f.offset}, after ${viewer?.typed}`);
    const fresh = f.payload.subarray(viewer.typed - f.offset);
    this.input += String.fromCharCode(...fresh);
    viewer.typed += fresh.length;
    if (this.lanes.includes(lane)) lane.wire.toPage(ackFrame(lane.stream, viewer.typed, 4096));
  }

  private pump(): void {
    for (const lane of this.lanes) {
      this.send(lane, lane.limit);
      if (!this.exit || lane.exited || lane.sent < this.output.length) continue;
      lane.exited = true;
      lane.wire.toPage(frame(kinds.exit, lane.stream, lane.sent, encode(this.exit)));
    }
  }

  private send(lane: Lane, limit: number): void {
    while (lane.sent < Math.min(this.output.length, limit)) {
      const bytes = latin(this.output.slice(lane.sent, Math.min(lane.sent + maxPayload, limit)));
      lane.wire.toPage(frame(kinds.output, lane.stream, lane.sent, bytes));
      lane.sent += bytes.length;
    }
  }
}

const latin = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

/** Wire is a WebSocket between a page and the session, with a server in between that answers pings. */
export class Wire implements Socket {
  message: (bytes: Uint8Array) => void = () => {};
  closed: (code: number, reason: string) => void = () => {};
  dead = false; // what is sent goes nowhere, and nobody says so
  frozen = false; // what comes to the page waits, as in front of one that sleeps
  readonly tokens: string[] = [];
  private over = false;
  private waiting: (() => void)[] = [];
  private readonly session: Session;
  private readonly delay: () => number;
  private free = [0, 0]; // when the last frame of each direction comes through

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

  close(): void {
    this.over = true;
  }

  toPage(f: Frame): void {
    const message = encodeFrame(f);
    this.later(1, () => this.message(message));
  }

  /** cut ends it with a code, and takes what is on its way along. */
  cut(code = 1006, reason = ""): void {
    if (this.over) return;
    this.over = true;
    this.closed(code, reason);
  }

  thaw(): void {
    this.frozen = false;
    for (const deliver of this.waiting.splice(0)) deliver();
  }

  /** later delivers in order, a while after. */
  private later(direction: 0 | 1, deliver: () => void): void {
    const now = Date.now();
    const at = Math.max(now + this.delay(), this.free[direction] ?? 0);
    this.free[direction] = at;
    setTimeout(() => {
      if (this.over || this.dead) return;
      if (direction === 1 && this.frozen) this.waiting.push(deliver);
      else deliver();
    }, at - now);
  }
}

/** Server is the way to a session. */
export class Server implements Connect {
  readonly session = new Session();
  readonly wires: Wire[] = [];
  readonly asks: { at: number; ask: Ask }[] = [];
  refuse: WireError | undefined; // all tickets, as long as it is there
  hangs = false; // nothing comes of a ticket
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

  async open(_machine: string, _ticket: string, signal: AbortSignal): Promise<Socket> {
    await new Promise((go) => setTimeout(go, this.delay()));
    if (signal.aborted || this.refuse) throw new WireError("unreachable");
    const wire = new Wire(this.session, this.delay);
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
