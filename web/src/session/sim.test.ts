import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encode } from "../wire/body.ts";
import { WireError } from "../wire/error.ts";
import { frame, kinds } from "../wire/frame.ts";
import { pass, seeded, staged } from "./stage.ts";

// A session whose way to the page breaks in all the ways there are: whatever happens, every byte gets to the other
// end once, and in order, in both directions. SEED=n runs that one alone.

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const one = Number(process.env.SEED ?? 0);
const seeds = one ? [one] : Array.from({ length: 60 }, (_, i) => i + 1);

/** sim is a stage on which things happen at random. */
class Sim {
  readonly random: () => number;
  readonly stage;
  readonly attachment;
  typed = "";
  private tick = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.stage = staged(this.random() < 0.3 ? { history: 500 } : {}, seed);
    this.stage.server.delay = () => this.random() * 40;
    if (this.random() < 0.5) this.stage.session.print(this.some(2_000));
    this.attachment = this.stage.make();
  }

  /** some is a text that no other is like. */
  private some(most: number): string {
    const n = Math.floor(this.random() ** 3 * most) + 1;
    let text = "";
    while (text.length < n) text += `${this.tick++} `;
    return text;
  }

  private readonly happenings: (() => void)[] = [
    () => this.stage.session.print(this.some(3_000)),
    () => this.stage.session.print(this.some(200_000)),
    () => this.type(this.some(20)),
    () => this.type(this.some(20)),
    () => this.type(this.some(30_000)),
    () => this.stage.server.wires.at(-1)?.cut(),
    () => this.stage.server.wires.at(-1)?.cut(1012, "link_lost"),
    () => this.each((w) => w.cut(), 0.5),
    () => this.each((w) => Object.assign(w, { dead: true }), 0.5),
    () => this.each((w) => Object.assign(w, { frozen: true }), 0.5),
    () => this.each((w) => w.thaw(), 1),
    () => this.stage.server.wires.at(-1)?.toPage(frame(kinds.goAway, 0, 0, encode({ after: 1 }))),
    () => this.stage.page.wake(),
    () => this.attachment.redraw(),
    () => this.attachment.resize(80 + Math.floor(this.random() * 9), 24),
    () => vi.setSystemTime(Date.now() + (this.random() - 0.3) * 100_000),
    () => Object.assign(this.stage.page, { isHidden: this.random() < 0.5 }),
    () =>
      Object.assign(this.stage.server, {
        refuse: this.random() < 0.5 ? new WireError("unavailable") : undefined,
      }),
    () => Object.assign(this.stage.server, { hangs: this.random() < 0.3 }),
    () => Object.assign(this.stage.session, { answersPings: this.random() < 0.7 }),
    () => this.reads(this.random() < 0.5),
    () => this.draws(this.random() < 0.6),
  ];

  async happen(): Promise<void> {
    const what = this.happenings[Math.floor(this.random() * this.happenings.length)];
    what?.();
    await pass(this.random() ** 4 * 8_000);
  }

  /** heal lets everything come to rest. */
  async heal(): Promise<void> {
    Object.assign(this.stage.server, { refuse: undefined, hangs: false });
    Object.assign(this.stage.session, { answersPings: true });
    this.each((w) => w.thaw(), 1);
    this.reads(true);
    this.draws(true);
    await pass(120_000);
  }

  private type(text: string): void {
    if (this.attachment.type(text)) this.typed += text;
  }

  private each(act: (w: (typeof this.stage.server.wires)[number]) => void, chance: number): void {
    for (const w of this.stage.server.wires) if (this.random() < chance) act(w);
  }

  private reads(now: boolean): void {
    if (now) this.stage.session.read();
    else this.stage.session.reads = false;
  }

  private draws(now: boolean): void {
    const slow = this.random() * 30;
    this.stage.paper.took = () => slow;
    this.stage.paper.stopped = !now;
    this.stage.paper.go();
  }
}

test.each(seeds)("seed %i: every byte once, in order, both ways", async (seed) => {
  const s = new Sim(seed);
  for (let i = 0; i < 60; i++) await s.happen();
  await s.heal();
  const { session, paper } = s.stage;
  expect(s.attachment.state.is).toBe("live");
  expect(s.attachment.unacknowledged).toBe(0);
  expect(session.input === s.typed).toBe(true);
  // Of a screen whose link broke, half may have been drawn: the next one is whole.
  const drawn = paper.text
    .slice(paper.text.lastIndexOf("\x1b[3J") + 1)
    .replace(/<screen \d+>|<scr|^\[3J/g, "");
  const begins = session.output.length - drawn.length;
  expect(session.output.slice(begins) === drawn).toBe(true);
  expect(begins).toBe(session.firstSeen);
  session.end(7);
  await pass(5_000);
  expect(s.attachment.state).toMatchObject({ is: "ended", exit: { code: 7 } });
  expect(vi.getTimerCount()).toBe(0);
});
