import { expect, test } from "vitest";
import { address, spotAt, workspaceAt } from "./address.ts";
import { empty, open, type Spot, seen, show, split, type Workspace } from "./workspace.ts";

const id = (letter: string) => letter.toLowerCase().repeat(26);
const box: Spot = { machine: "m-1", session: id("A") };
const other: Spot = { machine: "m-2", session: id("B"), readOnly: true };

function again(w: Workspace): Workspace {
  const [path = "", search = ""] = address(w).split("?");
  return workspaceAt(path, search);
}

function spots(w: Workspace) {
  return w.tabs.map((t) => ({ way: t.panes.length > 1 ? t.way : "row", panes: t.panes.map((p) => p.spot) }));
}

test("one session has the address that everybody may write", () => {
  expect(address(open(empty, box))).toBe(`/terminal/m-1?session=${id("A")}`);
  expect(address(open(empty, other))).toBe(`/terminal/m-2?session=${id("B")}&read_only=true`);
  expect(address(open(empty, { machine: "m-1", fresh: true }))).toBe("/terminal/m-1");
  expect(address(empty)).toBe("/terminal");
});

test("all tabs and panes are found again", () => {
  let w = open(empty, box);
  w = split(w, "column", { machine: "m-1", name: "work" });
  w = open(w, other);
  w = split(w, "row", box);
  w = split(w, "row", { machine: "m-3" });
  w = open(w, box);
  w = show(w, 1);
  expect(spots(again(w))).toEqual(spots(w));
  expect(again(w).at).toBe(1);
  expect(address(again(w))).toBe(address(w));
});

test("what is asked for once is not asked for again by a reload", () => {
  const w = workspaceAt("/terminal/m-1", "?session=work&new=1&steal=true&read_only=true");
  expect(seen(w)?.spot).toEqual({ machine: "m-1", name: "work", fresh: true, steal: true, readOnly: true });
  expect(address(w)).toBe("/terminal/m-1?session=work&read_only=true");
});

test("an id is told from a name", () => {
  expect(spotAt("/terminal/m", `?session=${id("Q")}`)).toEqual({ machine: "m", session: id("Q") });
  expect(spotAt("/terminal/m", "?session=build")).toEqual({ machine: "m", name: "build" });
  expect(spotAt("/terminal/", "")).toBeUndefined();
  expect(spotAt("/machines/m", "")).toBeUndefined();
});

test("an address that makes no sense opens what of it does", () => {
  expect(workspaceAt("/terminal", "?tab=&tab=~&tab=:x&at=9").tabs).toEqual([]);
  expect(spots(workspaceAt("/terminal", "?tab=a:%ZZ&at=-1"))).toEqual([
    { way: "row", panes: [{ machine: "a", name: "%ZZ" }] },
  ]);
  expect(workspaceAt("/terminal", `?${"tab=a&".repeat(1000)}`).tabs).toHaveLength(32);
  expect(workspaceAt("/terminal", `?tab=${"a~".repeat(1000)}`).tabs[0]?.panes).toHaveLength(4);
});
