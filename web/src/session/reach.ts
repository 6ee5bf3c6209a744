import type { Opened } from "../wire/body.ts";
import { asError, WireError } from "../wire/error.ts";
import { type Frame, frame, kinds } from "../wire/frame.ts";
import type { Ask, Connect } from "./connect.ts";
import { Doubt, type Sign } from "./doubt.ts";
import type { Link } from "./link.ts";
import type { Page } from "./page.ts";
import { Pauses, verdict } from "./redial.ts";
import { Search } from "./search.ts";

/** World is what an attachment lives in: a browser, but for tests. */
export interface World {
  readonly connect: Connect;
  readonly page: Page;
  readonly random: () => number;
}

/** Owner is whose session is to be reached. */
export interface Owner {
  /** target says what a ticket is to be good for. */
  target(): Ask;

  /** question is the next Open, on a stream of its own. */
  question(link: Link): Frame;

  /** adopt takes the answer to it, and gives false where the question is out of date. */
  adopt(link: Link, answer: Opened, offset: number): boolean;

  /** began says that the link that was adopted is the live one now. */
  began(link: Link): void;

  /** frame takes what the live link brings. */
  frame(link: Link, f: Frame): void;

  /** away is told since when the session cannot be reached, when the next dial is (undefined: now), and why. */
  away(since: number, next: number | undefined, why: WireError): void;

  /** back says that a link that was silent is not. */
  back(): void;

  /** ended says that dialling would not help. */
  ended(why: WireError): void;
}

const probeWithin = 3_000; // ms; a link that may have died in our sleep has to show a sign
const maxMute = 2; // links in a row that brought no Pong: this session answers none
const renewEvery = 50 * 60_000; // ms; then the server is shown that this login lives
const renewAgain = 5 * 60_000; // ms; where that did not work

/** settledFor is how long a link lives, in ms, before it is worth while to see whether somebody is signed in after all. */
const settledFor = 1_000;

/**
 * Reach keeps a session within reach. One link at a time is live. When it breaks another one is looked for; when it is
 * silent where something should come, another one is looked for beside it, and of the two the first to come wins.
 */
export class Reach {
  live: Link | undefined;
  readonly doubt: Doubt;

  private readonly world: World;
  private readonly owner: Owner;
  private readonly pauses: Pauses;
  private readonly unwatch: () => void;
  private search: Search | undefined;
  private searched: WireError | undefined; // a search beside a silent link ended with this
  private sign: Sign | undefined; // the live link is doubtful until this comes
  private silent = 0; // since then the session cannot be reached; 0: it can
  private why = new WireError("link_lost");
  private mute = 0;
  private renewAt = Number.POSITIVE_INFINITY;
  private probing: ReturnType<typeof setTimeout> | undefined;

  constructor(world: World, owner: Owner) {
    this.world = world;
    this.owner = owner;
    this.pauses = new Pauses(world.random);
    this.doubt = new Doubt(
      () => (this.sign || this.mute >= maxMute ? undefined : this.live),
      (sign, since) => this.second(sign, since, new WireError("link_lost", "the session does not answer")),
    );
    this.unwatch = world.page.watch(() => this.wake());
  }

  /** start dials at once. */
  start(): void {
    this.seek("at once");
  }

  /** hurry has the next dial made now, if one is to be made. */
  hurry(): void {
    this.search?.hurry();
  }

  /** after asks for patience: the server said in how many ms to come. */
  after(wait: number): void {
    this.pauses.after(Date.now(), wait);
  }

  /** lane is the live link, if something may be sent on it. */
  get lane(): Link | undefined {
    return this.live?.asking ? undefined : this.live;
  }

  /** isSilent says that the session cannot be reached, as far as is known. */
  get isSilent(): boolean {
    return this.silent !== 0;
  }

  /** pause closes all there is, until start. */
  pause(): void {
    this.drop();
    this.doubt.rests();
    clearTimeout(this.probing);
    this.live?.close();
    this.live = undefined;
    this.silent = 0;
  }

  /** stop is pause, for good: this viewer leaves. */
  stop(): void {
    this.live?.leave();
    this.live = undefined;
    this.pause();
    this.unwatch();
  }

  private seek(when: "at once" | "in a moment"): void {
    this.search = new Search(this.world.connect, this.pauses, {
      target: () => this.owner.target(),
      question: (link) => this.owner.question(link),
      found: (link, answer, offset) => this.found(link, answer, offset),
      waits: (next, why) => this.lose(Date.now(), next, why),
      failed: (why) => this.failed(why),
    });
    this.search.start(when);
  }

  /** lose says that the session cannot be reached, once there is a reason to say so. */
  private lose(since: number, next: number | undefined, why: WireError | undefined): void {
    if (why) this.why = why;
    if (why && this.silent === 0) this.silent = since;
    if (this.silent !== 0) this.owner.away(this.silent, next, this.why);
  }

  private failed(why: WireError): void {
    this.search = undefined;
    if (this.live)
      this.searched = why; // nothing is to be found: the silent one is all there is
    else this.owner.ended(why);
  }

  /** found makes a link live. */
  private found(link: Link, answer: Opened, offset: number): void {
    this.search = undefined;
    if (!this.adopted(link, answer, offset)) {
      link.close();
      return;
    }
    this.retire();
    link.events = {
      frame: (f) => this.take(link, f),
      broken: (why) => this.broken(link, why),
      checked: (late) => this.checked(link, late),
    };
    this.live = link;
    this.sign = this.searched = undefined;
    this.silent = 0;
    if (this.renewAt === Number.POSITIVE_INFINITY) this.renewLater(renewEvery);
    this.owner.began(link);
    link.ping(link.stream); // does this session answer at all?
  }

  private adopted(link: Link, answer: Opened, offset: number): boolean {
    try {
      if (this.owner.adopt(link, answer, offset)) return true;
      this.seek("in a moment");
    } catch (thrown) {
      this.owner.ended(asError(thrown));
    }
    return false;
  }

  /** retire takes the live link out of use. */
  private retire(): void {
    const old = this.live;
    this.live = undefined;
    if (!old) return;
    this.pauses.ended(old.began, Date.now());
    this.mute = old.ponged ? 0 : this.mute + 1;
    this.doubt.rests();
    old.close();
  }

  private take(link: Link, f: Frame): void {
    if (this.sign === "anything" || (this.sign && shows(this.sign, link, f))) this.calm();
    this.owner.frame(link, f);
  }

  private broken(link: Link, why: WireError): void {
    this.retire();
    this.sign = undefined;
    const last = this.searched ?? why;
    if (last === why && verdict(why) === "signed out" && Date.now() - link.began > settledFor) {
      // The login of this link is over. It may not be that of the page any more: who asks for a ticket will hear.
      if (!this.search) this.seek("at once");
    } else if (verdict(last)) {
      this.drop();
      this.owner.ended(last);
    } else {
      this.lose(Date.now(), undefined, why);
      if (!this.search) this.seek("in a moment");
    }
  }

  /** second looks for another link beside one that is silent. */
  private second(sign: Sign, since: number, why: WireError): void {
    if (this.search || this.sign) return;
    this.sign = sign;
    this.lose(since, undefined, why);
    this.seek("in a moment");
  }

  /** calm is for a link that was silent and is not. */
  private calm(): void {
    this.drop();
    this.silent = 0;
    this.owner.back();
  }

  private drop(): void {
    this.search?.stop();
    this.search = this.searched = this.sign = undefined;
  }

  /** wake is for a page that comes back: what it has may have died meanwhile, or what it waits for may be there. */
  private wake(): void {
    this.search?.hurry();
    if (this.live) this.probe(this.live);
  }

  private probe(link: Link): void {
    clearTimeout(this.probing);
    const asked = Date.now();
    link.answeredPing = false;
    link.ping(0);
    this.probing = setTimeout(() => {
      if (link !== this.live || link.answeredPing) return;
      this.second("anything", asked, new WireError("link_lost", "the server does not answer"));
    }, probeWithin);
  }

  private checked(link: Link, late: boolean): void {
    if (late && !this.sign) this.probe(link);
    if (Date.now() >= this.renewAt) void this.renew(link);
  }

  private renewLater(wait: number): void {
    this.renewAt = Date.now() + wait * (0.8 + 0.2 * this.world.random());
  }

  /** renew shows the server that this login lives, so that a terminal that is open for days is not cut. */
  private async renew(link: Link): Promise<void> {
    this.renewLater(renewAgain);
    try {
      const ticket = await this.world.connect.ticket(this.owner.target(), new AbortController().signal);
      link.send(frame(kinds.token, 0, 0, new TextEncoder().encode(ticket)));
      this.renewLater(renewEvery);
    } catch (thrown) {
      this.why = asError(thrown); // the server will say so itself, when the time has come
    }
  }
}

/** shows tells whether a frame is the sign of life that was waited for. */
function shows(sign: Sign, link: Link, f: Frame): boolean {
  if (f.stream === 0 || f.kind === kinds.close) return false; // which may only say that a newer link is there
  if (sign === "a frame of the session") return true;
  return f.stream === link.stream && (f.kind === kinds.ack || f.kind === kinds.pong);
}
