import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { soon } from "./soon.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] }); // they do not run: it is hidden
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a hidden page waits for no timer, and does one thing after the other", async () => {
  vi.stubGlobal("document", { hidden: true });
  const done: number[] = [];
  soon(() => done.push(1));
  await new Promise<void>((resolve) => {
    soon(() => {
      done.push(2);
      soon(resolve);
    });
    expect(done).toEqual([]);
  });
  expect(done).toEqual([1, 2]);
});

test("a page that is seen draws in between", () => {
  vi.stubGlobal("document", { hidden: false });
  const done = vi.fn();
  soon(done);
  expect(done).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(done).toHaveBeenCalledOnce();
});
