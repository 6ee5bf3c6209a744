import { expect, test } from "vitest";
import { ackFrame, frame, kinds, windowOf } from "./frame.ts";
import { Progress } from "./progress.ts";
import { bytes, text, vectors } from "./vectors.ts";

interface Step {
  do: string;
  offset?: number;
  bytes?: string;
  fresh?: string;
  error?: boolean;
  input_from?: number;
  missed?: number;
  window?: number;
  generation?: number;
  from?: number;
  now?: boolean;
  none?: boolean;
  frames?: { offset: number; bytes: string }[];
  position?: number;
  kept?: number;
}

const opened = { session: "s", name: "1", fresh: false, inputFrom: 0, window: 0, missed: 0 };

/** fails is for a step that may be one that makes no sense. */
function fails(s: Step, act: () => void): void {
  if (s.error) expect(act).toThrow(expect.objectContaining({ code: "protocol" }));
  else act();
}

const plays: Record<string, (p: Progress, s: Step) => void> = {
  asks: (p, s) => {
    const { output_from, generation, window, version } = p.ask();
    expect({ output_from, generation, window, version }).toEqual({
      output_from: s.from,
      generation: s.generation,
      window: s.window,
      version: 2,
    });
  },
  opened: (p, s) =>
    fails(s, () => {
      const answer = {
        ...opened,
        inputFrom: s.input_from ?? 0,
        window: s.window ?? 0,
        missed: s.missed ?? 0,
      };
      p.opened(answer, s.offset ?? 0);
    }),
  output: (p, s) =>
    fails(s, () => {
      const fresh = p.output(frame(kinds.output, 1, s.offset, bytes(s.bytes ?? "")));
      p.drawn(fresh.length);
      expect(text(fresh)).toBe(s.fresh);
    }),
  screen: (p, s) => p.jump(s.offset ?? 0),
  grants: (p, s) => p.setWindow(s.window ?? 0),
  types: (p, s) => p.type(bytes(s.bytes ?? "")),
  sends: (p, s) => {
    for (const want of s.frames ?? []) {
      const f = p.next(1);
      expect(f && { kind: f.kind, offset: f.offset, bytes: text(f.payload) }).toEqual({
        kind: kinds.input,
        ...want,
      });
    }
    expect(p.next(1)).toBeUndefined();
  },
  acked: (p, s) => fails(s, () => p.takeAck(ackFrame(1, s.offset ?? 0, s.window ?? 0))),
  acks: (p, s) => {
    const f = p.ack(1, s.now === true);
    expect(f && [f.offset, windowOf(f)]).toEqual(s.none ? undefined : [s.offset, s.window]);
  },
  is: (p, s) => expect([p.position, p.kept]).toEqual([s.position, s.kept]),
};

test.each(vectors<{ name: string; steps: Step[] }[]>("progress"))("$name", ({ steps }) => {
  const p = new Progress();
  for (const [i, s] of steps.entries()) {
    const play = plays[s.do];
    if (!play) throw new Error(`no such step: ${s.do}`);
    try {
      play(p, s);
    } catch (thrown) {
      throw new Error(`step ${i + 1}, ${s.do}: ${thrown}`);
    }
  }
});

test("what is being drawn is asked for no more, takes its part of the window, and is not acknowledged", () => {
  const p = new Progress();
  p.opened(opened, 0);
  p.setWindow(100);
  const fresh = p.output(frame(kinds.output, 1, 0, bytes("0123456789")));
  expect(p.ack(1, true)).toBeUndefined();
  expect(p.ask()).toMatchObject({ output_from: 10, window: 90 });
  p.opened(opened, 10);
  p.drawn(fresh.length - 3);
  expect(p.ack(1, true)).toMatchObject({ offset: 7 });
  p.skip(50);
  expect(p.ask()).toMatchObject({ output_from: 50 });
  p.drawn(3);
  p.jump(50);
  expect(p.ack(1, true)).toMatchObject({ offset: 50 });
});

test("two attachments have two names, which are no secret and no longer than a holder takes", () => {
  const [a, b] = [new Progress().attachment, new Progress().attachment];
  expect(a).not.toBe(b);
  expect(a).toMatch(/^[0-9a-f]{32}$/);
});
