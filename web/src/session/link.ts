import { ofClose, WireError } from "../wire/error.ts";
import { encodeFrame, type Frame, frame, kinds, parseFrame } from "../wire/frame.ts";
import type { Socket } from "./connect.ts";

/** As in internal/wire/alive.go, in milliseconds. */
const pingEvery = 10_000;
const deadAfter = 24_000;
const checkEvery = 5_000;

/** LinkEvents are what a link tells whoever it belongs to now. */
export interface LinkEvents {
  frame(f: Frame): void;

  /** broken comes once, and nothing after it. */
  broken(why: WireError): void;

  /** checked comes every few seconds; late when it should have come long before: this page slept, or is hidden. */
  checked(late: boolean): void;
}

/** Link is one way to the session: a WebSocket, and the stream on it that the newest Open has. */
export class Link {
  events: LinkEvents;
  readonly began = Date.now();

  stream = 0; // 1 is the first
  generation = 0; // of the Open on that stream
  from = 0; // the first byte of output it asked for
  asking = false; // it is not answered yet
  asked = 0; // when
  redraws = 0; // how often it asked for the screen
  cols = 0; // the size that the session was told last
  rows = 0;

  heard = Date.now(); // when anything came
  sessionHeard = Date.now(); // when a frame of the session did
  answered = Date.now(); // when the session last answered something
  ponged = false; // a Ping, too
  answeredPing = false; // the server, since this was last set

  private readonly socket: Socket;
  private trips: number[] = []; // the last round trips to the server, in ms
  private awake = Date.now(); // not before then does silence count
  private pinged = 0;
  private checks: ReturnType<typeof setInterval>;
  private over = false;

  constructor(socket: Socket, events: LinkEvents) {
    this.socket = socket;
    this.events = events;
    socket.message = (bytes) => this.take(bytes);
    socket.closed = (code, reason) => this.end(ofClose(code, reason));
    let last = Date.now();
    this.checks = setInterval(() => {
      const since = Date.now() - last;
      last = Date.now();
      this.check(since < 0 || since > 2 * checkEvery);
    }, checkEvery);
    this.ping(0);
  }

  /** asks notes an Open, on a stream of its own. */
  asks(o: { generation: number; from: number; cols: number; rows: number; redraw: boolean }): void {
    this.stream++;
    this.generation = o.generation;
    this.from = o.from;
    this.cols = o.cols;
    this.rows = o.rows;
    this.asking = true;
    this.asked = Date.now();
    if (o.redraw) this.redraws++;
  }

  /** rtt is the round trip to the server in milliseconds, the shortest of late: the others waited for this page. */
  get rtt(): number {
    return this.trips.length > 0 ? Math.min(...this.trips) : 0;
  }

  /** send sends a frame, or nothing once the link is over. */
  send(f: Frame): void {
    if (!this.over) this.socket.send(encodeFrame(f));
  }

  /** ping asks whoever is at the end of a stream to answer. 0 is the server; any other one goes to the session. */
  ping(stream: number): void {
    if (stream === 0) this.pinged = Date.now();
    const now = new Uint8Array(8);
    new DataView(now.buffer).setFloat64(0, performance.now());
    this.send(frame(kinds.ping, stream, 0, now));
  }

  /** breakOff ends it for a reason that a frame said. */
  breakOff(why: WireError): void {
    this.socket.close("back soon");
    this.end(why);
  }

  /** close ends it without telling its events: another one takes its place, or will. */
  close(): void {
    this.stop();
    this.socket.close("back soon");
  }

  /** leave ends it for good, behind a last frame. */
  leave(): void {
    this.send(frame(kinds.close, this.stream));
    this.stop();
    this.socket.close("leaving");
  }

  private stop(): void {
    this.over = true;
    clearInterval(this.checks);
  }

  private end(why: WireError): void {
    if (this.over) return;
    this.stop();
    this.events.broken(why);
  }

  private take(message: Uint8Array): void {
    if (this.over) return;
    this.heard = Date.now();
    try {
      this.hear(parseFrame(message));
    } catch (thrown) {
      this.breakOff(thrown instanceof WireError ? thrown : new WireError("protocol"));
    }
  }

  private hear(f: Frame): void {
    if (f.stream === 0 && f.kind === kinds.ping) this.send(frame(kinds.pong, 0, 0, f.payload));
    if (f.stream === 0 && f.kind === kinds.pong) this.noteTrip(f);
    this.answeredPing ||= f.stream === 0 && f.kind === kinds.pong;
    if (f.stream !== 0 && f.kind !== kinds.close) this.sessionHeard = this.heard; // a Close may only say that a newer link is there
    if (f.stream === this.stream && (f.kind === kinds.ack || f.kind === kinds.pong))
      this.answered = this.heard;
    if (f.stream === this.stream && f.kind === kinds.pong) this.ponged = true;
    this.events.frame(f);
  }

  private noteTrip(pong: Frame): void {
    if (pong.payload.length !== 8) return;
    const sent = new DataView(pong.payload.buffer, pong.payload.byteOffset, 8).getFloat64(0);
    const took = performance.now() - sent;
    if (took >= 0) this.trips = [...this.trips.slice(-5), took];
  }

  private check(late: boolean): void {
    const now = Date.now();
    if (late) this.awake = now; // what came meanwhile may wait to be read
    if (now - Math.max(this.heard, this.awake) > deadAfter) {
      this.breakOff(new WireError("link_lost", "nothing came over the link any more"));
      return;
    }
    if (now - this.pinged >= pingEvery || now < this.pinged) this.ping(0);
    this.events.checked(late);
  }
}
