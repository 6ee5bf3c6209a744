import { expect, test } from "vitest";
import { atPrompt, Watch } from "./notify.ts";

test("the end of a long command is told once, when nobody looks", () => {
  const w = new Watch();
  w.typed("sleep 20", 0);
  w.typed("\r", 1_000);
  w.output(1_010); // the newline's echo
  expect(w.due(false, 5_000)).toBe(false);
  w.output(21_000); // the next prompt
  expect(w.due(false, 21_500)).toBe(false); // it may go on
  expect(w.due(true, 23_500)).toBe(false); // somebody looks
  expect(w.due(false, 23_500)).toBe(true);
  expect(w.finished("bash", false, 23_500)).toBe(true);
  expect(w.finished("bash", false, 30_000)).toBe(false);
});

test("a short command is no news", () => {
  const w = new Watch();
  w.typed("ls\r", 0);
  w.output(9_999);
  expect(w.due(false, 60_000)).toBe(false);
});

test("a program that still runs is not finished, however quiet it is", () => {
  const w = new Watch();
  w.typed("make\r", 0);
  w.output(15_000);
  expect(w.finished("make", false, 20_000)).toBe(false);
  w.output(40_000);
  expect(w.finished("bash", false, 41_000)).toBe(false); // not quiet yet
  expect(w.finished("bash", false, 42_000)).toBe(true);
});

test("what ended while somebody looked is no news when they look away", () => {
  const w = new Watch();
  w.typed("make\r", 0);
  w.output(15_000);
  w.looked(18_000);
  expect(w.due(false, 20_000)).toBe(false);
});

test("what still runs when somebody looks is", () => {
  const w = new Watch();
  w.typed("make\r", 0);
  w.output(5_000);
  w.looked(5_500);
  w.output(15_000);
  expect(w.due(false, 18_000)).toBe(true);
});

test("bells are told of, but not each one", () => {
  const w = new Watch();
  expect(w.bell(true, 20_000)).toBe(false);
  expect(w.bell(false, 20_000)).toBe(true);
  expect(w.bell(false, 25_000)).toBe(false);
  expect(w.bell(false, 30_000)).toBe(true);
});

test("a login shell is a shell, and what is not known is believed", () => {
  expect([atPrompt("-zsh"), atPrompt("bash"), atPrompt(undefined), atPrompt("vim")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
