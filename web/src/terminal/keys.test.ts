import { expect, test } from "vitest";
import { type Key, keyBytes, modified, none, reports } from "./keys.ts";

const ctrl = { ctrl: true, alt: false };
const alt = { ctrl: false, alt: true };
const both = { ctrl: true, alt: true };

test("each key types what it does on a keyboard", () => {
  const plain: Record<Key, string> = {
    Escape: "\x1b",
    Tab: "\t",
    Up: "\x1b[A",
    Down: "\x1b[B",
    Left: "\x1b[D",
    Right: "\x1b[C",
    Home: "\x1b[H",
    End: "\x1b[F",
    PageUp: "\x1b[5~",
    PageDown: "\x1b[6~",
    "|": "|",
    "~": "~",
    "/": "/",
    "-": "-",
  };
  for (const [key, bytes] of Object.entries(plain))
    expect(keyBytes(key as Key, none, false), key).toBe(bytes);
});

test("full-screen programs get the arrows that they asked for", () => {
  expect(keyBytes("Up", none, true)).toBe("\x1bOA");
  expect(keyBytes("Home", none, true)).toBe("\x1bOH");
  expect(keyBytes("PageUp", none, true)).toBe("\x1b[5~");
  expect(keyBytes("Up", ctrl, true)).toBe("\x1b[1;5A");
});

test("held Ctrl and Alt", () => {
  expect(keyBytes("Left", alt, false)).toBe("\x1b[1;3D");
  expect(keyBytes("PageDown", both, false)).toBe("\x1b[6;7~");
  expect(keyBytes("Tab", alt, false)).toBe("\x1b\t");
  expect(keyBytes("/", ctrl, false)).toBe("\x1f");
  expect(modified("c", ctrl)).toBe("\x03");
  expect(modified("C", ctrl)).toBe("\x03");
  expect(modified("[", ctrl)).toBe("\x1b");
  expect(modified(" ", ctrl)).toBe("\x00");
  expect(modified("?", ctrl)).toBe("\x7f");
  expect(modified("x", alt)).toBe("\x1bx");
  expect(modified("x", both)).toBe("\x1b\x18");
});

test("what has no Ctrl, or is no key, stays as it is", () => {
  expect(modified("é", ctrl)).toBe("é");
  expect(modified("7", ctrl)).toBe("7");
  expect(modified("日本", ctrl)).toBe("日本");
  expect(modified("\x1b[A", alt)).toBe("\x1b[A");
  expect(modified("c", none)).toBe("c");
});

test("what the terminal says by itself is told from keys", () => {
  for (const said of [
    "\x1b[I",
    "\x1b[O",
    "\x1b[<0;3;4M",
    "\x1b[M !!",
    "\x1b[?1;2c",
    "\x1b[>0;276;0c",
    "\x1b[44;1R",
    "\x1b[?2026;2$y",
    "\x1b]11;rgb:00/00/00\x1b\\",
    "\x1bP1$r0m\x1b\\",
  ])
    expect(reports(said), JSON.stringify(said)).toBe(true);
  for (const key of [
    "x",
    "\x1b",
    "\x1b[A",
    "\x1b[1;5C",
    "\x1bOP",
    "\x1b[3~",
    "\x1b[15;2~",
    "\x1bx",
    "\x1b[Z",
  ])
    expect(reports(key), JSON.stringify(key)).toBe(false);
});
