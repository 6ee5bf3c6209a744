import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attachment } from "./attachment.ts";
import { FakePage, Paper, Server, seeded } from "./stage.ts";
import type { State, Where } from "./view.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const here: Where = { machine: "box", cols: 80, rows: 24 };

/** staged is an attachment to a session on a stage. */
function staged(where: Partial<Where> = {}, seed = 1) {
  const server = new Server();
  const paper = new Paper();
  const page = new FakePage();
  const states: State[] = [];
  const gaps: number[] = [];
  const kept: number[] = [];
  const world = { connect: server, page, random: seeded(seed) };
  const make = () =>
    new Attachment(
      { ...here, ...where },
      paper,
      { state: (s) => states.push(s), gap: (n) => gaps.push(n), unacknowledged: (n) => kept.push(n) },
      world,
    );
  return { server, session: server.session, paper, page, states, gaps, kept, make };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** attached has one whose session has answered. */
async function attached(where: Partial<Where> = {}) {
  const s = staged(where);
  const attachment = s.make();
  await pass(100);
  expect(attachment.state.is).toBe("live");
  return { ...s, attachment };
}

test("what is typed gets there at once, what is printed is drawn and then acknowledged", async () => {
  const { attachment, session, paper, states, kept } = await attached();
  expect(states.map((s) => s.is)).toEqual(["connecting", "live"]);
  paper.stopped = true;
  expect(attachment.type("ls\r")).toBe(true);
  expect(attachment.unacknowledged).toBe(3);
  await pass(20);
  expect(session.input).toBe("ls\r");
  expect(attachment.unacknowledged).toBe(0);
  expect(kept).toEqual([3, 0]);
  session.print("x".repeat(2_000_000));
  await pass(500);
  expect(paper.waiting).toBe(512 << 10); // one window, and nothing beyond it
  paper.stopped = false;
  paper.go();
  await pass(5_000);
  expect(paper.text).toBe(session.output);
});

test("a megabyte that is pasted gets there whole, as fast as it is taken", async () => {
  const { attachment, session } = await attached();
  const text = Array.from({ length: 1 << 17 }, (_, i) => `${i} `.padStart(8)).join("");
  expect(attachment.type(text)).toBe(true);
  attachment.type("behind it");
  await pass(20_000);
  expect(session.input === `${text}behind it`).toBe(true);
});

test("a link that breaks is redialled soon, and both ways go on exactly", async () => {
  const { attachment, session, server, paper, states } = await attached();
  session.print("before ");
  await pass(50);
  server.last.cut();
  expect(attachment.state.is).toBe("away");
  attachment.type("meanwhile");
  session.print("meanwhile ");
  await pass(400);
  session.print("after");
  await pass(100);
  expect(states.map((s) => s.is).filter((is, i, all) => is !== all[i - 1])).toEqual([
    "connecting",
    "live",
    "away",
    "live",
  ]);
  expect(session.input).toBe("meanwhile");
  expect(paper.text).toBe("before meanwhile after");
  expect(session.opens[1]).toMatchObject({ generation: 2, output_from: 7, session: "id" });
});
