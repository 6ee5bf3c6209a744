import { empty, maxPanes, open, type Spot, show, split, type Tab, type Workspace } from "./workspace.ts";

/** maxTabs is how many an address may open at once. */
const maxTabs = 32;

/**
 * address is where a workspace is found again, after a reload or in another browser: /terminal/MACHINE?session=ID for one
 * pane, else /terminal?tab=MACHINE:ID&tab=… . A tab's panes are joined by ~ side by side, by ! above each other;
 * :r behind one says that it only watches.
 */
export function address(w: Workspace): string {
  const only = w.tabs.length === 1 ? w.tabs[0] : undefined;
  const pane = only?.panes.length === 1 ? only.panes[0] : undefined;
  if (pane) return single(pane.spot);
  if (w.tabs.length === 0) return "/terminal";
  const tabs = w.tabs.map((t) => `tab=${tabText(t)}`);
  if (w.at > 0) tabs.push(`at=${w.at + 1}`);
  return `/terminal?${tabs.join("&")}`;
}

function single(spot: Spot): string {
  const query: string[] = [];
  const session = spot.session ?? spot.name;
  if (session) query.push(`session=${encodeURIComponent(session)}`);
  if (spot.readOnly) query.push("read_only=true");
  const path = `/terminal/${encodeURIComponent(spot.machine)}`;
  return query.length > 0 ? `${path}?${query.join("&")}` : path;
}

function tabText(tab: Tab): string {
  const panes = tab.panes.map(({ spot }) => {
    const parts = [spot.machine, spot.session ?? spot.name ?? ""].map(encodeURIComponent);
    if (spot.readOnly) parts.push("r");
    return parts.join(":").replace(/:$/, "");
  });
  return panes.join(tab.way === "row" ? "~" : "!");
}

/** workspaceAt is the workspace that an address means. What it does not understand it leaves out. */
export function workspaceAt(path: string, search: string): Workspace {
  const spot = spotAt(path, search);
  if (spot) return open(empty, spot);
  const query = new URLSearchParams(search);
  let w = empty;
  for (const text of query.getAll("tab").slice(0, maxTabs)) w = addTab(w, text);
  const at = Number(query.get("at") ?? 1);
  return show(w, Number.isInteger(at) && at >= 1 && at <= w.tabs.length ? at - 1 : 0);
}

/** spotAt is the one session that /terminal/MACHINE?session=… means. */
export function spotAt(path: string, search: string): Spot | undefined {
  const machine = /^\/terminal\/([^/]+)\/?$/.exec(path)?.[1];
  if (!machine) return undefined;
  const query = new URLSearchParams(search);
  return {
    machine: decoded(machine),
    ...which(query.get("session") ?? ""),
    ...(query.has("new") ? { fresh: true } : {}),
    ...(query.get("read_only") === "true" ? { readOnly: true } : {}),
    ...(query.get("steal") === "true" ? { steal: true } : {}),
  };
}

/** which tells an id from a name: names that look like ids are not given. */
function which(text: string): { session?: string; name?: string } {
  if (!text) return {};
  return /^[a-z2-7]{26}$/.test(text) ? { session: text } : { name: text };
}

function addTab(w: Workspace, text: string): Workspace {
  const way = text.includes("!") ? "column" : "row";
  const spots = text
    .split(/[~!]/)
    .slice(0, maxPanes)
    .flatMap((pane) => readPane(pane) ?? []);
  const [first, ...rest] = spots;
  if (!first) return w;
  let more = open({ ...w, at: Math.max(0, w.tabs.length - 1) }, first);
  for (const spot of rest) more = split(more, way, spot);
  return more;
}

function readPane(text: string): Spot | undefined {
  const [machine = "", session = "", flag = ""] = text.split(":").map(decoded);
  if (!machine) return undefined;
  return { machine, ...which(session), ...(flag === "r" ? { readOnly: true } : {}) };
}

/** decoded is text as it was before encodeURIComponent, or itself where that cannot have made it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
