import { expect, test } from "vitest";
import { ago, count, shown, span, until } from "./text.ts";

test.each([
  ["plain text", "plain text"],
  ["<b>&amp;", "<b>&amp;"], // text nodes take it as it is
  ["a\x1b[31mb\x07", "a␛[31mb␇"],
  ["a\nb\tc\x7f", "a␊b␉c␡"],
  ["a\x9bb", "a\\u{9b}b"],
  ["exe.\u202egpj", "exe.\\u{202e}gpj"],
  ["a\u2066b\u2069\u200f", "a\\u{2066}b\\u{2069}\\u{200f}"],
  ["a\u200bb\ufeff\u2028", "a\\u{200b}b\\u{feff}\\u{2028}"],
  ["half \ud83d", "half \\u{d83d}"],
  ["👩‍💻 日本", "👩‍💻 日本"],
])("%j is shown as %j", (text, seen) => {
  expect(shown(text)).toBe(seen);
});

test("what is long is cut between letters", () => {
  expect(shown("x".repeat(128))).toHaveLength(128);
  expect(shown("x".repeat(129))).toBe(`${"x".repeat(127)}…`);
  expect(shown("😀😀😀", 2)).toBe("😀…");
  expect(shown("😀".repeat(1000), 5)).toBe("😀😀😀😀…");
});

test("times are said in words", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(ago("2026-03-01T11:59:55Z", now)).toBe("just now");
  expect(ago("2026-03-01T12:00:30Z", now)).toBe("just now"); // a clock that goes ahead
  expect(ago("2026-03-01T11:59:15Z", now)).toBe("45 s ago");
  expect(ago("2026-03-01T11:00:01Z", now)).toBe("59 min ago");
  expect(ago("2026-02-28T12:00:01Z", now)).toBe("23 h ago");
  expect(ago("2026-02-20T12:00:00Z", now)).toBe("9 d ago");
  expect(until("2026-03-01T11:00:00Z", now)).toBe("over");
  expect(until("2026-03-04T12:00:00Z", now)).toBe("in 3 d");
  expect(span(59)).toBe("59 s");
  expect(span(3600)).toBe("1 h");
  expect(span(90061)).toBe("1 d 1 h");
});

test("numbers agree with their things", () => {
  expect(count(1, "session")).toBe("1 session");
  expect(count(2, "session")).toBe("2 sessions");
  expect(count(1200, "key")).toBe("1,200 keys");
});
