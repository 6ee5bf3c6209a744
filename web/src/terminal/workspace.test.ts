import { expect, test } from "vitest";
import {
  close,
  empty,
  find,
  focus,
  nextPane,
  open,
  panes,
  place,
  renew,
  seen,
  show,
  split,
  turn,
} from "./workspace.ts";

const spot = (machine: string) => ({ machine, session: machine.repeat(26) });
const machines = (w: typeof empty) => w.tabs.map((t) => t.panes.map((p) => p.spot.machine).join(""));

test("a new tab opens behind the one that is seen", () => {
  let w = open(open(open(empty, spot("A")), spot("B")), spot("C"));
  w = open(show(w, 0), spot("D"));
  expect(machines(w)).toEqual(["A", "D", "B", "C"]);
  expect(seen(w)?.spot.machine).toBe("D");
});

test("a split lies beside the pane of the focus, and four are enough", () => {
  let w = split(split(open(empty, spot("A")), "row", spot("B")), "row", spot("C"));
  w = focus(w, panes(w)[0]?.id ?? 0);
  w = split(w, "column", spot("D"));
  expect(machines(w)).toEqual(["ADBC"]);
  expect(w.tabs[0]?.way).toBe("column");
  expect(split(w, "row", spot("E"))).toBe(w);
  expect(turn(w).tabs[0]?.way).toBe("row");
  expect(machines(split(empty, "row", spot("A")))).toEqual(["A"]);
});

test("closing shows what is near", () => {
  let w = open(split(open(empty, spot("A")), "row", spot("B")), spot("C"));
  w = close(w, seen(w)?.id ?? 0);
  expect(machines(w)).toEqual(["AB"]);
  w = close(w, seen(w)?.id ?? 0);
  expect(seen(w)?.spot.machine).toBe("A");
  w = close(w, seen(w)?.id ?? 0);
  expect(w.tabs).toEqual([]);
  expect(w.at).toBe(0);
  expect(close(w, 99)).toBe(w);
});

test("closing a tab that is not seen leaves the one that is", () => {
  let w = open(open(open(empty, spot("A")), spot("B")), spot("C"));
  w = close(show(w, 1), panes(w)[0]?.id ?? 0);
  expect(machines(w)).toEqual(["B", "C"]);
  expect(seen(w)?.spot.machine).toBe("B");
});

test("tabs go round", () => {
  const w = open(open(empty, spot("A")), spot("B"));
  expect(show(w, 2).at).toBe(0);
  expect(show(w, -1).at).toBe(1);
  expect(show(empty, 3)).toBe(empty);
});

test("a session that is open already is found, a new one never", () => {
  let w = open(open(empty, spot("A")), { machine: "B" });
  expect(find(w, spot("A"))?.id).toBe(2);
  expect(find(w, { machine: "B" })).toBeUndefined();
  expect(find(w, { ...spot("A"), steal: true })).toBeUndefined();
  w = place(w, 4, { machine: "B", name: "work", session: "S" });
  expect(find(w, { machine: "B", name: "work" })?.id).toBe(4);
});

test("the focus goes round the panes of a tab", () => {
  const w = split(open(empty, spot("A")), "row", spot("B"));
  expect(seen(nextPane(w))?.spot.machine).toBe("A");
  expect(seen(nextPane(nextPane(w)))?.spot.machine).toBe("B");
  expect(nextPane(empty)).toBe(empty);
});

test("a new session takes the place of one that ended", () => {
  const w = split(open(empty, spot("A")), "row", spot("B"));
  const again = renew(w, panes(w)[0]?.id ?? 0, { machine: "C" });
  expect(machines(again)).toEqual(["CB"]);
  expect(new Set(panes(again).map((p) => p.id)).size).toBe(2);
  expect(panes(again)[0]?.id).not.toBe(panes(w)[0]?.id);
  expect(seen(again)?.spot.machine).toBe("B");
});
