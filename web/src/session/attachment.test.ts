import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { frame, kinds } from "../wire/frame.ts";
import { attached, pass, staged } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("one link", () => {
  test("what is typed gets there at once, what is printed is drawn and then acknowledged", async () => {
    const { attachment, session, paper, seen, kept } = await attached();
    expect(seen()).toEqual(["connecting", "live"]);
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
    session.reads = false;
    expect(attachment.type(text)).toBe(true);
    expect(attachment.type("behind it")).toBe(true);
    expect(attachment.type(new Uint8Array(16 << 20))).toBe(false); // and nothing of it is typed
    await pass(100);
    session.read();
    await pass(20_000);
    expect(session.input === `${text}behind it`).toBe(true);
  });

  test("a slow screen is granted little, a quick one much, and one that nobody sees is no measure", async () => {
    const { session, paper, page } = await attached();
    const granted = async (perFrame: number) => {
      paper.took = () => perFrame;
      session.print("x".repeat(1 << 20));
      await pass(40 * perFrame + 2_000);
      expect(paper.waiting).toBe(0);
      return session.granted;
    };
    const slow = await granted(16);
    expect(slow).toBeGreaterThan(windowAt(32768 / 20));
    expect(slow).toBeLessThan(windowAt(32768 / 15));
    page.isHidden = true;
    expect(await granted(1000)).toBe(slow);
    page.isHidden = false;
    expect(await granted(100)).toBe(64 << 10);
    expect(await granted(1)).toBeGreaterThan(512 << 10);
  });

  test("signals and sizes are told, and those of a session that is away when it is back", async () => {
    const { attachment, session, server } = await attached();
    attachment.signal("INT");
    attachment.resize(100, 40);
    attachment.resize(100, 40);
    await pass(20);
    expect([session.signals, session.sizes]).toEqual([["INT"], ["100x40"]]);
    server.last.cut();
    attachment.signal("TERM");
    attachment.resize(90, 30);
    await pass(500);
    expect(session.signals).toEqual(["INT", "TERM"]);
    expect(session.opens[1]).toMatchObject({ cols: 90, rows: 30 });
    expect(session.sizes).toHaveLength(1);
  });

  test("who only watches types nothing, and is drawn for anew once its size has settled", async () => {
    const { attachment, session, server } = await attached({ readOnly: true });
    expect(server.asks[0]?.ask.readOnly).toBe(true);
    expect(attachment.type("x")).toBe(false);
    attachment.signal("INT");
    for (const cols of [81, 82, 83]) {
      attachment.resize(cols, 24);
      await pass(100);
    }
    await pass(1_000);
    expect([session.input, session.signals, session.sizes]).toEqual(["", [], []]);
    expect(session.opens.map((o) => o.cols)).toEqual([80, 83]);
    expect(session.opens[1]).toMatchObject({ redraw: true, output_from: 0, generation: 2 });
    expect(server.wires).toHaveLength(1);
  });

  test("a screen that shows something else is drawn anew", async () => {
    const { attachment, session, paper } = await attached();
    session.print("some");
    await pass(50);
    attachment.redraw();
    session.print(" more");
    await pass(3_000);
    expect(paper.text).toBe("some more<screen 9>");
    expect(session.opens).toHaveLength(2);
  });

  test("the end is told once all before it is drawn", async () => {
    const { attachment, session, paper, page, seen } = await attached();
    paper.took = () => 1_000;
    session.print("bye");
    session.end(3);
    await pass(500);
    expect(attachment.state.is).toBe("live");
    await pass(600);
    expect(attachment.state).toEqual({ is: "ended", exit: { code: 3, signal: "", error: "" } });
    expect([attachment.type("x"), page.watchers, seen().at(-1)]).toEqual([false, 0, "ended"]);
    await pass(20);
    expect(session.closes).toBe(1);
    await pass(100_000);
    expect(session.opens).toHaveLength(1);
  });

  test("leaving is told to the session, which lives on", async () => {
    const { attachment, session, server, page } = await attached();
    attachment.leave();
    attachment.leave();
    expect([attachment.state.is, page.watchers]).toEqual(["left", 0]);
    await pass(60_000);
    expect([session.closes, server.asks.length, vi.getTimerCount()]).toEqual([1, 1, 0]);
    expect(server.last.how).toBe("leaving");
  });

  test("a session that breaks the rules is no session", async () => {
    const { attachment, server, session } = await attached();
    server.last.toPage(frame(kinds.output, 1, 99, new Uint8Array(3)));
    await pass(20);
    expect(attachment.state).toMatchObject({ is: "refused", why: { code: "protocol" } });
    await pass(60_000);
    expect(session.opens).toHaveLength(1);
  });

  test("frames that are not known, or of a stream that is not, are skipped", async () => {
    const { attachment, server } = await attached();
    server.last.toPage(frame(0x7f, 1));
    server.last.toPage(frame(kinds.output, 9, 1 << 30, new Uint8Array(3)));
    server.last.toPage(frame(kinds.close, 9));
    await pass(20);
    expect(attachment.state.is).toBe("live");
  });
});

/** windowAt is what a screen is granted that draws so many bytes a millisecond, over a round trip of 10. */
const windowAt = (rate: number) => Math.floor(rate * (35 + 2 * 10));

describe("a newcomer", () => {
  test("is shown the screen", async () => {
    const s = staged({ name: "work" });
    s.session.print("long ago");
    s.make();
    await pass(100);
    s.session.print("now");
    await pass(50);
    expect(s.paper.text).toBe("<screen 8>now");
    expect(s.session.opens[0]).toMatchObject({ name: "work" });
  });

  test("may have history first, in which nothing asks or rings", async () => {
    const s = staged({ history: 100 });
    s.session.print("\x1b[6nlong\x07 \x1b]11;?\x07ago");
    s.make();
    await pass(100);
    s.session.print("\x1b[6nnow\x07");
    await pass(50);
    expect(s.paper.text).toBe("long ago<screen 20>\x1b[6nnow\x07");
  });

  test("whose link breaks before its screen is whole begins once more, with an empty one", async () => {
    const s = staged({ history: 5 });
    s.session.print("history");
    s.server.halves = true;
    const attachment = s.make();
    await pass(40);
    expect(s.paper.text).toBe("story<scr");
    s.server.halves = false;
    s.server.last.cut();
    await pass(500);
    expect(attachment.state.is).toBe("live");
    expect(s.paper.text).toBe("story<scr\x1bc\x1b[3Jstory<screen 7>");
    s.session.print("!");
    await pass(50);
    expect(s.paper.text).toMatch(/<screen 7>!$/);
  });

  test("that begins once more counts nothing that the screen still has to draw of before", async () => {
    const s = staged({ history: 5 });
    s.session.print("history");
    s.server.halves = true;
    s.paper.took = () => 400;
    s.make();
    await pass(40);
    s.server.halves = false;
    s.server.last.cut();
    await pass(10_000); // an Ack of too much would have the session say so
    expect(s.paper.text).toMatch(/story<screen 7>$/);
    expect(s.session.acknowledged).toBe(7);
  });

  test("of a new session asks for one, and later for that one", async () => {
    const { session, server } = await attached({ fresh: true });
    server.last.cut();
    await pass(500);
    expect(session.opens.map((o) => [o.new, o.session])).toEqual([
      [true, undefined],
      [undefined, "id"],
    ]);
  });
});
