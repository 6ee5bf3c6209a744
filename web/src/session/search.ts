import { decodeClose, decodeOpened, type Opened } from "../wire/body.ts";
import { asError, WireError } from "../wire/error.ts";
import { type Frame, kinds } from "../wire/frame.ts";
import type { Ask, Connect } from "./connect.ts";
import { Link } from "./link.ts";
import { type Pauses, verdict } from "./redial.ts";

/** Seeker is who a search is for. */
export interface Seeker {
  /** target says what to ask a ticket for. */
  target(): Ask;

  /** question is the next Open, on a stream of its own. */
  question(link: Link): Frame;

  /** found gets the link on which the session has answered; the search is over. */
  found(link: Link, answer: Opened, offset: number): void;

  /** waits tells when the next dial is, undefined for now, and why the last one failed. */
  waits(next: number | undefined, why: WireError | undefined): void;

  /** failed says that dialling again would not help; the search is over. */
  failed(why: WireError): void;
}

/** stale is after how many milliseconds a dial is given up for a new one when the network comes back. */
const stale = 1_000;

/** Search looks for a link, in its own time, until there is one or no point in it. */
export class Search {
  private readonly connect: Connect;
  private readonly pauses: Pauses;
  private readonly seeker: Seeker;
  private timer: ReturnType<typeof setTimeout> | undefined; // of the pause, or of the dial
  private dialling: AbortController | undefined;
  private began = 0; // the dial
  private link: Link | undefined; // that has not answered yet
  private over = false;

  constructor(connect: Connect, pauses: Pauses, seeker: Seeker) {
    this.connect = connect;
    this.pauses = pauses;
    this.seeker = seeker;
  }

  /** start dials at once, or after a pause. */
  start(when: "at once" | "in a moment", why?: WireError): void {
    const { pause, within } = this.pauses.next(Date.now());
    this.wait(when === "at once" ? 0 : pause, within, why);
  }

  /** hurry dials now: this is a good moment. A dial that is on its way is left in peace while it is young. */
  hurry(): void {
    if (this.over || (this.dialling && Date.now() - this.began < stale)) return;
    this.giveUp();
    this.start("at once");
  }

  /** stop ends it, and what it has found. */
  stop(): void {
    this.over = true;
    this.giveUp();
  }

  private wait(pause: number, within: number, why: WireError | undefined): void {
    this.seeker.waits(pause > 0 ? Date.now() + pause : undefined, why);
    if (pause > 0) this.timer = setTimeout(() => this.dialNow(within), pause);
    else this.dialNow(within);
  }

  private dialNow(within: number): void {
    const dialling = new AbortController();
    this.dialling = dialling;
    this.began = Date.now();
    this.seeker.waits(undefined, undefined);
    this.timer = setTimeout(
      () => this.fail(new WireError("unavailable", "the session did not answer in time")),
      within,
    );
    this.dial(dialling.signal).catch((thrown: unknown) => {
      if (!dialling.signal.aborted) this.fail(asError(thrown));
    });
  }

  private async dial(signal: AbortSignal): Promise<void> {
    const target = this.seeker.target();
    const ticket = await this.connect.ticket(target, signal);
    if (signal.aborted) return;
    const socket = await this.connect.open(target.machine, ticket, signal);
    if (signal.aborted) {
      socket.close("back soon");
      return;
    }
    const link: Link = new Link(socket, {
      frame: (f) => this.take(link, f),
      broken: (why) => this.fail(why),
      checked: () => {},
    });
    this.link = link;
    link.send(this.seeker.question(link));
  }

  /** take waits for the answer. What follows it on the link is the seeker's. */
  private take(link: Link, f: Frame): void {
    if (f.stream !== link.stream) return;
    if (f.kind === kinds.close) this.fail(decodeClose(f.payload));
    if (f.kind !== kinds.opened) return;
    const answer = decodeOpened(f.payload);
    this.link = undefined;
    this.stop();
    this.seeker.found(link, answer, f.offset);
  }

  private fail(why: WireError): void {
    if (this.over) return;
    this.giveUp();
    if (verdict(why)) {
      this.over = true;
      this.seeker.failed(why);
      return;
    }
    if (why.retryAfter > 0) this.pauses.after(Date.now(), why.retryAfter);
    this.start("in a moment", why);
  }

  /** giveUp ends the dial, or the pause before it. */
  private giveUp(): void {
    clearTimeout(this.timer);
    this.dialling?.abort();
    this.dialling = undefined;
    this.link?.close();
    this.link = undefined;
  }
}
