import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { encode } from "../wire/body.ts";
import { WireError } from "../wire/error.ts";
import { frame, kinds } from "../wire/frame.ts";
import { attached, pass, staged } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a link that breaks", () => {
  test("is redialled soon, and both ways go on exactly", async () => {
    const { attachment, session, server, paper, seen } = await attached();
    session.print("before ");
    await pass(50);
    server.last.cut();
    expect(attachment.state).toMatchObject({ is: "away", since: Date.now() });
    attachment.type("meanwhile");
    session.print("meanwhile ");
    await pass(400);
    session.print("after");
    await pass(100);
    expect(seen()).toEqual(["connecting", "live", "away", "live"]);
    expect(session.input).toBe("meanwhile");
    expect(paper.text).toBe("before meanwhile after");
    expect(session.opens[1]).toMatchObject({ generation: 2, output_from: 7, session: "id" });
    expect(server.asks[1]?.ask).toEqual({ machine: "box", session: "id", readOnly: false });
  });

  test("goes on from what was handed to the screen, and acknowledges what it has drawn", async () => {
    const { session, server, paper } = await attached();
    paper.stopped = true;
    session.print("x".repeat(300_000));
    await pass(100);
    server.last.cut();
    await pass(500);
    expect(session.opens[1]).toMatchObject({ output_from: 300_000, window: (512 << 10) - 300_000 });
    session.print("y".repeat(1_000_000));
    await pass(500);
    expect(paper.waiting).toBe(512 << 10);
    paper.stopped = false;
    paper.go();
    await pass(2_000);
    expect(paper.text === session.output).toBe(true);
  });

  test("is told: since when, why, and when the next try is", async () => {
    const { attachment, server } = await attached();
    const since = Date.now();
    server.refuse = new WireError("offline");
    server.last.cut(1012, "link_lost");
    await pass(3_000);
    expect(attachment.state).toMatchObject({ is: "away", since, why: { code: "offline" } });
    const { next } = attachment.state as { next: number };
    expect(next - Date.now()).toBeLessThanOrEqual(2_000);
    const tries = server.asks.length;
    attachment.retryNow();
    await pass(0);
    expect(server.asks).toHaveLength(tries + 1);
    await pass(300_000);
    expect(server.asks.length - tries).toBeGreaterThan(50); // for ever, every few seconds
    server.refuse = undefined;
    await pass(6_000);
    expect(attachment.state.is).toBe("live");
  });

  test("is dialled at once when the page wakes, and a dial that hangs is given up for that", async () => {
    const { attachment, server, page } = await attached();
    server.hangs = true;
    server.last.cut();
    await pass(5_000);
    const tries = server.asks.length;
    server.hangs = false;
    page.wake();
    await pass(30);
    expect(server.asks).toHaveLength(tries + 1);
    expect(attachment.state.is).toBe("live");
  });

  test("and of the dials that were begun one is taken", async () => {
    const { attachment, server, session, page } = await attached();
    server.last.cut();
    server.delay = () => 1_500; // one way
    await pass(2_500);
    page.wake(); // its WebSocket is not open yet
    server.delay = () => 5;
    await pass(10_000);
    expect(server.wires.map((w) => w.isOver)).toEqual([true, true, false]);
    expect([attachment.state.is, session.opens.length]).toEqual(["live", 2]);
  });

  test("of a server that says when to come is left for so long", async () => {
    const { server } = await attached();
    server.refuse = new WireError("slow_down", "", 20_000);
    server.last.cut();
    await pass(10_000);
    expect(server.asks).toHaveLength(2);
    server.refuse = undefined;
    await pass(20_000);
    expect(server.asks).toHaveLength(3);
    server.last.toPage(frame(kinds.goAway, 0, 0, encode({ after: 8 })));
    await pass(20);
    server.last.cut(1012, "link_lost");
    await pass(7_900);
    expect(server.asks).toHaveLength(3);
    await pass(2_200);
    expect(server.asks).toHaveLength(4);
  });

  test("while the machine forgets: it says how much is gone, and shows what is there", async () => {
    const { session, server, paper, gaps } = await attached();
    session.print("seen ");
    await pass(50);
    server.last.cut();
    session.print("never seen ");
    session.forget(3);
    await pass(500);
    session.print("new");
    await pass(50);
    expect(gaps).toEqual([11]);
    expect(paper.text).toBe("seen <screen 16>new");
  });

  test("before the end was told tells it then", async () => {
    const { attachment, session, server } = await attached();
    server.last.cut();
    session.print("last words");
    session.end(0);
    await pass(1_000);
    expect(attachment.state.is).toBe("ended");
  });
});

describe("what is said of who may", () => {
  test.each([
    [4401, "unauthorized", "signed out"],
    [4404, "gone", "gone"],
    [4404, "", "gone"],
    [4403, "forbidden", "refused"],
    [1008, "protocol", "refused"],
    [4409, "superseded", "superseded"],
  ])("%i %s: %s, and nobody dials", async (code, reason, is) => {
    const { attachment, server } = await attached();
    server.last.cut(code, reason);
    expect(attachment.state.is).toBe(is);
    await pass(100_000);
    expect(server.asks).toHaveLength(1);
  });

  test.each([
    [1012, "link_lost"],
    [4429, "slow_down"],
    [1011, "internal"],
    [1000, ""],
    [4503, "offline"],
  ])("%i %s: it dials again", async (code, reason) => {
    const { attachment, server } = await attached();
    server.last.cut(code, reason);
    await pass(1_000);
    expect(attachment.state.is).toBe("live");
  });

  test("after signing in again it goes on exactly", async () => {
    const { attachment, server, session, paper } = await attached();
    server.refuse = new WireError("unauthorized");
    server.last.cut();
    await pass(1_000);
    expect(attachment.state.is).toBe("signed out");
    expect(attachment.type("kept")).toBe(true);
    session.print("meanwhile");
    server.refuse = undefined;
    attachment.retryNow();
    await pass(100);
    expect([attachment.state.is, session.input, paper.text]).toEqual(["live", "kept", "meanwhile"]);
  });

  test("one that was taken over is taken back exactly", async () => {
    const { attachment, session, server, paper } = await attached();
    session.print("mine ");
    await pass(50);
    session.steal();
    await pass(50);
    expect(attachment.state.is).toBe("superseded");
    attachment.type("x");
    session.print("theirs ");
    await pass(30_000);
    expect(server.asks).toHaveLength(1);
    attachment.takeBack();
    await pass(100);
    expect([attachment.state.is, session.input, paper.text]).toEqual(["live", "x", "mine theirs "]);
    expect(session.opens[1]).toMatchObject({ steal: true, output_from: 5 });
    server.last.cut();
    await pass(1_000);
    expect(session.opens[2]).toMatchObject({ steal: false });
  });

  test("a machine that is offline is waited for from the beginning", async () => {
    const s = staged();
    s.server.refuse = new WireError("offline");
    const attachment = s.make();
    await pass(10_000);
    expect(attachment.state).toMatchObject({ is: "away", why: { code: "offline" } });
    s.server.refuse = undefined;
    await pass(6_000);
    expect(attachment.state.is).toBe("live");
  });

  test("each hour the server is shown that the login lives", async () => {
    const { server } = await attached();
    await pass(30 * 60_000);
    expect(server.last.tokens).toEqual([]);
    await pass(25 * 60_000);
    expect(server.last.tokens).toEqual(["ticket 2"]);
    server.refuse = new WireError("unavailable");
    await pass(60 * 60_000);
    server.refuse = undefined;
    await pass(10 * 60_000);
    expect(server.last.tokens).toHaveLength(2);
    expect(server.wires).toHaveLength(1);
  });

  test("a login that ended is not asked for again where the page has another one by now", async () => {
    const { attachment, session, server, seen } = await attached();
    await pass(5_000);
    server.last.cut(4401, "unauthorized");
    attachment.type("meanwhile");
    await pass(1_000);
    expect(seen()).toEqual(["connecting", "live"]);
    expect(session.input).toBe("meanwhile");
    server.refuse = new WireError("unauthorized");
    await pass(5_000);
    server.last.cut(4401, "unauthorized");
    await pass(1_000);
    expect(attachment.state.is).toBe("signed out");
  });

  test("a server that gives tickets and takes none is not asked for ever", async () => {
    const { attachment, server } = await attached();
    await pass(5_000);
    server.last.cut(4401, "unauthorized");
    await pass(100);
    expect(attachment.state.is).toBe("live");
    server.last.cut(4401, "unauthorized");
    await pass(1_000);
    expect(attachment.state.is).toBe("signed out");
    expect(server.wires).toHaveLength(2);
  });
});
