import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { attached, pass } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a link on which typing is not acknowledged for 3 s gets a second one beside it", async () => {
  const { attachment, server, session, seen } = await attached();
  server.last.dead = true;
  attachment.type("anybody?");
  await pass(2_900);
  expect(server.wires).toHaveLength(1);
  await pass(1_500);
  expect(server.wires).toHaveLength(2);
  expect(server.wires[0]?.isOver).toBe(true);
  expect([session.input, attachment.state.is]).toEqual(["anybody?", "live"]);
  expect(seen()).toEqual(["connecting", "live", "away", "live"]);
});

test("where the first one is heard before the second is there, it stays", async () => {
  const { attachment, server, session } = await attached();
  server.last.frozen = true;
  server.hangs = true;
  attachment.type("anybody?");
  await pass(4_000);
  expect(attachment.state.is).toBe("away");
  server.last.thaw();
  expect(attachment.state.is).toBe("live");
  await pass(30_000);
  expect([server.wires.length, session.input, attachment.unacknowledged]).toEqual([1, "anybody?", 0]);
});

test("a program that does not read is no fault of the link", async () => {
  const { attachment, server, session } = await attached();
  session.reads = false;
  attachment.type("anybody?");
  await pass(60_000);
  expect([server.wires.length, attachment.state.is, attachment.unacknowledged]).toEqual([1, "live", 8]);
});

test("a session that answers no Ping is not doubted again and again", async () => {
  const { attachment, server, session } = await attached();
  session.answersPings = false;
  session.reads = false;
  attachment.type("anybody?");
  await pass(120_000);
  const dialled = server.wires.length;
  expect(dialled).toBeLessThanOrEqual(4);
  expect(server.wires[0]?.how).toBe("back soon"); // or its end would not be kept for us
  await pass(600_000);
  expect(server.wires).toHaveLength(dialled);
});

test("where output comes and no answer, it gets more time", async () => {
  const { attachment, server, session } = await attached();
  session.answersPings = false;
  session.reads = false;
  attachment.type("x");
  for (let s = 0; s < 14; s++) {
    await pass(500);
    session.print(".");
  }
  expect(server.wires).toHaveLength(1);
  for (let s = 0; s < 6; s++) {
    await pass(500);
    session.print(".");
  }
  expect(server.wires).toHaveLength(2);
});

test("a link that brings nothing at all for 24 s is given up", async () => {
  const { attachment, server } = await attached();
  server.last.dead = true;
  await pass(23_000);
  expect(server.wires).toHaveLength(1);
  await pass(10_000);
  expect(server.wires).toHaveLength(2);
  expect(attachment.state.is).toBe("live");
});

test("an idle link that answers lives for ever", async () => {
  const { server, seen } = await attached();
  await pass(40 * 60_000);
  expect([server.wires.length, ...seen()]).toEqual([1, "connecting", "live"]);
});

test("a page that wakes finds out within seconds whether its link has died in its sleep", async () => {
  const { attachment, server, page } = await attached();
  page.wake();
  await pass(5_000);
  expect(server.wires).toHaveLength(1);
  server.last.dead = true;
  page.wake();
  await pass(3_600);
  expect([server.wires.length, attachment.state.is]).toEqual([2, "live"]);
});

test("what comes after all shows that a link has not died", async () => {
  const { attachment, server, page } = await attached();
  server.last.frozen = server.hangs = true;
  page.wake();
  await pass(4_000);
  expect(attachment.state).toMatchObject({ is: "away", why: { code: "link_lost" } });
  server.last.thaw();
  await pass(30_000);
  expect([server.wires.length, attachment.state.is]).toEqual([1, "live"]);
});

test("a second link that was asked before more was drawn is not taken", async () => {
  const { attachment, server, session, paper } = await attached();
  session.answersPings = session.reads = false;
  attachment.type("x");
  server.delay = () => 100;
  for (let t = 0; t < 12_000; t += 20) {
    await pass(20);
    session.print("."); // on its way on the first link, when the second one asks
  }
  expect(server.wires.length).toBeGreaterThan(1);
  session.read();
  await pass(20_000);
  expect([attachment.state.is, paper.text === session.output, session.input]).toEqual(["live", true, "x"]);
});

test.each(["", "typed"])(
  "silence in which this page did not run is none: what came may wait to be read",
  async (typed) => {
    const { attachment, server, seen } = await attached();
    attachment.type(typed);
    server.last.frozen = true;
    vi.setSystemTime(Date.now() + 3 * 3_600_000); // asleep
    await pass(typed ? 2_500 : 5_000); // its timers run before what has come is read
    server.last.thaw();
    await pass(60_000);
    expect([server.wires.length, attachment.state.is, ...seen()]).toEqual([1, "live", "connecting", "live"]);
  },
);

test("a sleep in which the link died is noticed at the first timer, without any event", async () => {
  const { attachment, server } = await attached();
  server.last.dead = true;
  vi.setSystemTime(Date.now() + 3 * 3_600_000);
  await pass(5_000 + 3_000 + 600);
  expect([server.wires.length, attachment.state.is]).toEqual([2, "live"]);
});

test("a clock that is set back does no harm", async () => {
  const { attachment, server, session } = await attached();
  vi.setSystemTime(Date.now() - 3 * 3_600_000);
  attachment.type("x");
  await pass(60_000);
  expect([server.wires.length, session.input]).toEqual([1, "x"]);
  server.last.dead = true;
  await pass(40_000);
  expect(server.wires).toHaveLength(2);
});
