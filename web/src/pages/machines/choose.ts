import type { Machine } from "../../api/types.ts";

/** Column is what machines can be sorted by. */
export type Column = "name" | "status" | "cpu" | "memory" | "disk" | "sessions" | "seen";

/** Order is by what, and which way. */
export interface Order {
  readonly by: Column;
  readonly down: boolean;
}

/** chosen are the machines that fit what was typed into the filter, in order. */
export function chosen(all: readonly Machine[], filter: string, order: Order): Machine[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const fit = all.filter((m) => words.every((word) => fits(m, word)));
  return fit.sort((a, b) => (order.down ? -1 : 1) * compare(a, b, order.by) || byName(a, b));
}

/** fits tells whether a word is somewhere in what one knows of a machine: "linux", "room=lab", "online". */
function fits(m: Machine, word: string): boolean {
  const labels = Object.entries(m.labels).map(([k, v]) => `${k}=${v}`);
  return [m.name, m.description, m.os, m.arch, m.status, m.ip_address, m.owner, ...labels].some((text) =>
    text.toLowerCase().includes(word),
  );
}

const states = ["pending", "online", "offline"]; // those that want something first

function compare(a: Machine, b: Machine, by: Column): number {
  switch (by) {
    case "name":
      return byName(a, b);
    case "status":
      return states.indexOf(a.status) - states.indexOf(b.status);
    case "sessions":
      return a.sessions - b.sessions;
    case "seen":
      return seen(a) - seen(b);
    default:
      return load(a, by) - load(b, by);
  }
}

function byName(a: Machine, b: Machine): number {
  return a.name.localeCompare(b.name, "en", { numeric: true }) || a.agent_id.localeCompare(b.agent_id);
}

function seen(m: Machine): number {
  if (m.status === "online") return Number.MAX_SAFE_INTEGER; // now
  return m.last_active ? Date.parse(m.last_active) : 0;
}

/** load is a percentage; what is offline has none. */
function load(m: Machine, of: "cpu" | "memory" | "disk"): number {
  return m.status === "online" ? m[`${of}_percent`] : -1;
}
