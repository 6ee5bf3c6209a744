import { type Open, type Opened, version } from "./body.ts";
import { WireError } from "./error.ts";
import { ackFrame, type Frame, frame, kinds, maxPayload, windowOf } from "./frame.ts";

/** defaultWindow is the output a viewer grants before it knows how fast it draws, in bytes. */
export const defaultWindow = 512 << 10;

/** Asked is what Progress says in an Open. */
export type Asked = Pick<Open, "version" | "attachment" | "generation" | "window" | "output_from">;

/**
 * Progress is the viewer's end of a session, without a network or a clock: which byte comes next, what was typed and
 * is not acknowledged, what may be sent. It is the brother of internal/wire/progress.go, and held to it by vectors.
 *
 * One thing differs. There whoever draws waits until it is done; here the screen draws later, so there are two
 * positions: `got`, up to which output was handed to the screen, from where a new link goes on; and `out`, up to which
 * it is drawn, which is what an Ack says.
 */
export class Progress {
  readonly attachment: string;
  private asked = 0; // how often an Open was made
  private answered = false; // once at least
  private placed = false; // and output up to got was drawn, or shown as a screen
  private got = 0;
  private out = 0;
  private acked = 0; // the last Ack sent
  private shown = false; // a Screen since then
  private window = defaultWindow;

  private first = 0; // offset of typed[0]
  private typed = new Uint8Array(0); // and not acknowledged
  private sent = 0; // of it, since the last Opened
  private limit = 0; // input may be sent up to here

  constructor(attachment: string = randomName()) {
    this.attachment = attachment;
  }

  /** ask is what an Open says of where this viewer is. Each is for one link. */
  ask(): Asked {
    this.asked++;
    const ask: Asked = {
      version,
      attachment: this.attachment,
      generation: this.asked,
      window: Math.max(0, this.window - (this.got - this.out)), // what is being drawn still takes its part
    };
    if (this.placed) ask.output_from = this.got;
    return ask;
  }

  /**
   * opened takes the session's answer: output goes on at offset; what was kept is sent again from where the session
   * stands. Where it goes on further than asked, a screen comes first: until jump this viewer stays where it was. One
   * that is new may get earlier output before the screen; until jump it stays new, and begins once more over a link
   * that broke in between, with an empty screen.
   */
  opened(o: Opened, offset: number): void {
    if (this.placed && offset < this.got) throw new WireError("protocol", "the session went back in time");
    if (o.inputFrom < this.first || o.inputFrom > this.first + this.typed.length) {
      throw new WireError("protocol", "the session counts input that was never typed");
    }
    if (!this.placed) {
      const history = offset < o.missed;
      this.got = this.out = history ? offset : 0;
      this.placed = !history && offset === 0;
    }
    this.answered = true;
    this.acked = this.out;
    this.shown = false;
    this.forget(o.inputFrom);
    this.sent = 0;
    this.limit = o.inputFrom + o.window;
  }

  /** output gives what of a frame is new, to be drawn: nothing of one that came twice. A hole is never silent. */
  output(f: Frame): Uint8Array {
    if (f.offset > this.got) throw new WireError("protocol", "output is missing");
    const fresh = f.payload.subarray(Math.min(this.got - f.offset, f.payload.length));
    this.got += fresh.length;
    return fresh;
  }

  /** drawn says that n more bytes of output are on the screen. */
  drawn(n: number): void {
    this.out += n;
  }

  /** skip moves on over output that is being drawn otherwise: the Screen that ends at `to` has come. */
  skip(to: number): void {
    this.placed = true;
    this.got = Math.max(this.got, to);
  }

  /** jump says that it is drawn. An Ack is due then, soon if not at once. */
  jump(to: number): void {
    this.skip(to);
    this.shown = true;
    if (to > this.out) this.out = this.acked = to;
  }

  /** position is the next byte of output this viewer wants. */
  get position(): number {
    return this.got;
  }

  /** isPlaced says that there is a position to go on from. */
  get isPlaced(): boolean {
    return this.placed;
  }

  /** ack is due when a quarter of the window was drawn since the last, or if now when there is anything at all. */
  ack(stream: number, now: boolean): Frame | undefined {
    const fresh = this.out - this.acked;
    if (fresh === 0 && !this.shown) return undefined;
    if (!now && fresh < Math.max(1, Math.floor(this.window / 4))) return undefined;
    this.acked = this.out;
    this.shown = false;
    return ackFrame(stream, this.out, this.window);
  }

  /** setWindow changes what the next Acks grant, in bytes. */
  setWindow(bytes: number): void {
    this.window = bytes;
  }

  /** type keeps what was typed until the session has it. */
  type(keys: Uint8Array): void {
    const all = new Uint8Array(this.typed.length + keys.length);
    all.set(this.typed);
    all.set(keys, this.typed.length);
    this.typed = all;
  }

  /** kept is how many bytes are typed and not acknowledged. */
  get kept(): number {
    return this.typed.length;
  }

  /** next is the next frame of input that may be sent. Its payload is never written to again. */
  next(stream: number): Frame | undefined {
    const at = this.first + this.sent;
    const n = Math.min(this.typed.length - this.sent, maxPayload, this.limit - at);
    if (!this.answered || n <= 0) return undefined;
    this.sent += n;
    return frame(kinds.input, stream, at, this.typed.subarray(this.sent - n, this.sent));
  }

  /** takeAck takes the session's Ack of input: those bytes reached the program. */
  takeAck(f: Frame): void {
    if (f.offset > this.first + this.sent) {
      throw new WireError("protocol", "the session acknowledged input that was never sent");
    }
    this.limit = Math.max(this.limit, f.offset + windowOf(f));
    this.forget(f.offset);
  }

  private forget(before: number): void {
    if (before <= this.first) return;
    const n = before - this.first;
    this.typed = n < this.typed.length ? this.typed.subarray(n) : new Uint8Array(0);
    this.first = before;
    this.sent = Math.max(0, this.sent - n);
  }
}

/** randomName has 128 bits; crypto.randomUUID is not there on a page that came over plain HTTP. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
