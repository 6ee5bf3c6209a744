import { expect, test } from "vitest";
import type { Machine } from "../../api/types.ts";
import { changes, labelsOf, textOf } from "./change.ts";

test("labels are lines, and lines are labels", () => {
  const labels = { room: "lab", env: "a=b c", flag: "" };
  expect(textOf(labels)).toBe("env=a=b c\nflag=\nroom=lab");
  expect(labelsOf(textOf(labels))).toEqual(labels);
  expect(labelsOf(" room = lab \n\n=nothing\nflag\n")).toEqual({ room: "lab", flag: "" });
});

test("only what is different is sent", () => {
  const m = { name: "box", description: "debian", labels: { b: "2", a: "1" } } as unknown as Machine;
  expect(changes(m, " box ", "debian", "b=2\na=1")).toEqual({});
  expect(changes(m, "crate", "debian", "a=1\nb=2")).toEqual({ name: "crate" });
  expect(changes(m, "box", "", "a=1")).toEqual({ description: "", labels: { a: "1" } });
  expect(changes(m, "", "debian", "")).toEqual({ name: "", labels: {} });
});
