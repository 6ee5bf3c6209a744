import { expect, test } from "vitest";
import type { Machine } from "../../api/types.ts";
import { type Column, chosen } from "./choose.ts";

function machine(name: string, more: Partial<Machine> = {}): Machine {
  return {
    agent_id: `id-${name}`,
    name,
    description: "",
    os: "linux",
    arch: "amd64",
    ip_address: "10.0.0.1",
    status: "online",
    cpu_percent: 1,
    memory_percent: 1,
    disk_percent: 1,
    uptime: 1,
    last_active: "2026-01-01T00:00:00Z",
    agent_version: "1",
    owner: "ann",
    labels: {},
    sessions: 0,
    ...more,
  };
}

const all = [
  machine("box10", { labels: { room: "Lab" }, cpu_percent: 5 }),
  machine("box2", { os: "darwin", cpu_percent: 50, sessions: 3 }),
  machine("attic", { status: "offline", cpu_percent: 99, last_active: "2026-02-01T00:00:00Z" }),
  machine("cellar", { status: "offline", last_active: null }),
];

const names = (filter: string, by: Column = "name", down = false) =>
  chosen(all, filter, { by, down }).map((m) => m.name);

test("every word has to fit somewhere", () => {
  expect(names("")).toEqual(["attic", "box2", "box10", "cellar"]);
  expect(names("BOX")).toEqual(["box2", "box10"]);
  expect(names("room=lab")).toEqual(["box10"]);
  expect(names(" online  darwin ")).toEqual(["box2"]);
  expect(names("online nothing")).toEqual([]);
});

test("what is offline has no load, and was seen before what is online", () => {
  expect(names("", "status")).toEqual(["box2", "box10", "attic", "cellar"]);
  expect(names("", "cpu", true)).toEqual(["box2", "box10", "attic", "cellar"]);
  expect(names("", "sessions", true)).toEqual(["box2", "attic", "box10", "cellar"]);
  expect(names("", "seen", true)).toEqual(["box2", "box10", "attic", "cellar"]);
  expect(names("", "name", true)).toEqual(["cellar", "box10", "box2", "attic"]);
});

test("the list itself stays as it was", () => {
  const before = [...all];
  chosen(all, "", { by: "name", down: true });
  expect(all).toEqual(before);
});
