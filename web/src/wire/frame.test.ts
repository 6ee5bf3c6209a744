import { expect, test } from "vitest";
import { ackFrame, encodeFrame, frame, parseFrame, resizeFrame, windowOf } from "./frame.ts";
import { hex, vectors } from "./vectors.ts";

interface FrameVector {
  name: string;
  header: string;
  payload: string;
  times?: number;
  kind: number;
  stream: number;
  offset: string;
  window?: number;
  cols?: number;
  rows?: number;
  refused?: boolean;
  page?: "refuses";
}

function parts(v: FrameVector): { message: Uint8Array; payload: Uint8Array } {
  const payload = hex(v.payload.repeat(v.times ?? 1));
  return { message: Uint8Array.from([...hex(v.header), ...payload]), payload };
}

test.each(vectors<FrameVector[]>("frames"))("$name", (v) => {
  const { message, payload } = parts(v);
  if (v.refused || v.page === "refuses") {
    expect(() => parseFrame(message)).toThrow(expect.objectContaining({ code: "protocol" }));
    return;
  }
  const f = parseFrame(message);
  expect([f.kind, f.stream, String(f.offset)]).toEqual([v.kind, v.stream, v.offset]);
  expect(f.payload).toEqual(payload);
  expect(encodeFrame(frame(v.kind, v.stream, Number(v.offset), payload))).toEqual(message);
  if (v.window !== undefined) expect(windowOf(f)).toBe(v.window);
  if (v.window) expect(encodeFrame(ackFrame(v.stream, f.offset, v.window))).toEqual(message);
  if (v.cols && v.rows) expect(encodeFrame(resizeFrame(v.stream, v.cols, v.rows))).toEqual(message);
});

test("a payload is read where it lies in a larger buffer", () => {
  const buffer = Uint8Array.from([9, 9, ...hex("07000000010000000000000003"), 65]);
  const f = parseFrame(buffer.subarray(2));
  expect([f.offset, ...f.payload]).toEqual([3, 65]);
});
