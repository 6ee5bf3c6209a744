import { expect, test } from "vitest";
import { decodeClose, decodeExit, decodeGap, decodeGoAway, decodeOpened } from "./body.ts";
import { bytes } from "./vectors.ts";

test("members that are missing have their zero, others are ignored", () => {
  expect(
    decodeOpened(bytes('{"session":"s","name":"1","input_from":7,"window":9,"since":"2026","tty":true}')),
  ).toEqual({
    session: "s",
    name: "1",
    fresh: false,
    inputFrom: 7,
    window: 9,
    missed: 0,
  });
  expect(decodeGap(bytes('{"from":1,"to":5000000000}'))).toEqual({ from: 1, to: 5_000_000_000 });
  expect(decodeExit(bytes('{"code":137,"signal":"KILL"}'))).toEqual({ code: 137, signal: "KILL", error: "" });
  expect(decodeGoAway(bytes('{"after":1.5}'))).toBe(1500);
  expect(decodeClose(bytes('{"code":"gone","error":"it ended"}'))).toMatchObject({
    code: "gone",
    message: "it ended",
  });
  expect(decodeClose(new Uint8Array(0)).code).toBe("link_lost");
});

test.each([
  "",
  "[]",
  "null",
  "7",
  '{"session":7}',
  '{"input_from":-1}',
  '{"missed":1e300}',
  '{"window":"9"}',
  '{"name":"\xff',
])("what makes no sense is an error: %j", (payload) => {
  expect(() => decodeOpened(bytes(payload))).toThrow(expect.objectContaining({ code: "protocol" }));
});
