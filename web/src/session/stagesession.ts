import { encode } from "../wire/body.ts";
import { WireError } from "../wire/error.ts";
import { ackFrame, type Frame, frame, kinds, maxPayload, windowOf } from "../wire/frame.ts";
import type { Wire } from "./stage.ts";

// The session of the stage: what it does is what internal/session does, as far as an attachment can tell.

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
  closes = 0; // of viewers
  acknowledged = 0; // by the last Ack
  granted = 0; // with it
  firstSeen = 0; // the first byte that its newest viewer was told of
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
    if (f.kind === kinds.close) this.closed(lane);
    if (f.kind === kinds.resize) this.sizes.push(`${f.payload[1]}x${f.payload[3]}`);
    if (f.kind === kinds.ack) this.acked(lane, f);
  }

  private closed(lane: Lane): void {
    this.closes++;
    this.lanes = this.lanes.filter((l) => l !== lane);
  }

  private acked(lane: Lane, f: Frame): void {
    if (f.offset > lane.sent) throw new Error(`acknowledged ${f.offset}, where ${lane.sent} was sent`);
    this.acknowledged = f.offset;
    this.granted = windowOf(f);
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
    lane.limit = lane.sent + o.window;
    if (o.output_from === undefined) this.firstSeen = lane.sent;
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

function latin(s: string): Uint8Array {
  const bytes = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
  return bytes;
}
