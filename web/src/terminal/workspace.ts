/** Spot says which session of which machine a pane shows. */
export interface Spot {
  readonly machine: string; // its agent_id
  readonly session?: string | undefined; // its id; without one a name, or a new one, or what nobody watches
  readonly name?: string | undefined;
  readonly fresh?: boolean;
  readonly readOnly?: boolean;
  readonly steal?: boolean;
}

/** Pane is a place for one session. Its id is good for this page only. */
export interface Pane {
  readonly id: number;
  readonly spot: Spot;
}

/** Way is how the panes of a tab lie: in a row side by side, in a column above each other. */
export type Way = "row" | "column";

/** Tab is one or more panes, of which one has the focus. */
export interface Tab {
  readonly id: number;
  readonly panes: readonly Pane[];
  readonly way: Way;
  readonly at: number; // which pane
}

/** Workspace is all tabs, of which one is seen. */
export interface Workspace {
  readonly tabs: readonly Tab[];
  readonly at: number; // which tab
  readonly next: number; // the next id
}

/** maxPanes is how many a tab may have: more are too small to be of use. */
export const maxPanes = 4;

export const empty: Workspace = { tabs: [], at: 0, next: 1 };

/** open adds a tab behind the one that is seen, and shows it. */
export function open(w: Workspace, spot: Spot): Workspace {
  const tab: Tab = { id: w.next, panes: [{ id: w.next + 1, spot }], way: "row", at: 0 };
  const at = w.tabs.length === 0 ? 0 : w.at + 1;
  return { tabs: [...w.tabs.slice(0, at), tab, ...w.tabs.slice(at)], at, next: w.next + 2 };
}

/** split adds a pane beside that of the focus. With no tab it opens one, and in a full tab it does nothing. */
export function split(w: Workspace, way: Way, spot: Spot): Workspace {
  const tab = w.tabs[w.at];
  if (!tab) return open(w, spot);
  if (tab.panes.length >= maxPanes) return w;
  const at = tab.at + 1;
  const panes = [...tab.panes.slice(0, at), { id: w.next, spot }, ...tab.panes.slice(at)];
  return { ...replace(w, w.at, { ...tab, panes, way, at }), next: w.next + 1 };
}

/** close takes a pane away, and its tab with the last one. */
export function close(w: Workspace, pane: number): Workspace {
  const i = w.tabs.findIndex((t) => t.panes.some((p) => p.id === pane));
  const tab = w.tabs[i];
  if (!tab) return w;
  const panes = tab.panes.filter((p) => p.id !== pane);
  if (panes.length > 0) return replace(w, i, { ...tab, panes, at: Math.min(tab.at, panes.length - 1) });
  const tabs = w.tabs.filter((_, n) => n !== i);
  const at = w.at > i || w.at === tabs.length ? w.at - 1 : w.at;
  return { ...w, tabs, at: Math.max(0, at) };
}

/** show shows the tab at a place; past either end it goes round. */
export function show(w: Workspace, at: number): Workspace {
  const n = w.tabs.length;
  return n === 0 ? w : { ...w, at: ((at % n) + n) % n };
}

/** focus shows a pane and its tab. */
export function focus(w: Workspace, pane: number): Workspace {
  const i = w.tabs.findIndex((t) => t.panes.some((p) => p.id === pane));
  const tab = w.tabs[i];
  if (!tab) return w;
  const at = tab.panes.findIndex((p) => p.id === pane);
  return i === w.at && at === tab.at ? w : { ...replace(w, i, { ...tab, at }), at: i };
}

/** nextPane gives the focus to the next pane of the shown tab. */
export function nextPane(w: Workspace): Workspace {
  const tab = w.tabs[w.at];
  return tab ? replace(w, w.at, { ...tab, at: (tab.at + 1) % tab.panes.length }) : w;
}

/** renew puts a new pane in the place of one. */
export function renew(w: Workspace, pane: number, spot: Spot): Workspace {
  const tabs = w.tabs.map((t) => ({
    ...t,
    panes: t.panes.map((p) => (p.id === pane ? { id: w.next, spot } : p)),
  }));
  return { ...w, tabs, next: w.next + 1 };
}

/** turn lays the panes of the shown tab the other way. */
export function turn(w: Workspace): Workspace {
  const tab = w.tabs[w.at];
  return tab ? replace(w, w.at, { ...tab, way: tab.way === "row" ? "column" : "row" }) : w;
}

/** place changes what a pane shows: which session a new one became, or that it may type now. */
export function place(w: Workspace, pane: number, spot: Spot): Workspace {
  const tabs = w.tabs.map((t) =>
    t.panes.some((p) => p.id === pane)
      ? { ...t, panes: t.panes.map((p) => (p.id === pane ? { ...p, spot } : p)) }
      : t,
  );
  return { ...w, tabs };
}

/** seen is the pane with the focus. */
export function seen(w: Workspace): Pane | undefined {
  const tab = w.tabs[w.at];
  return tab?.panes[tab.at];
}

/** panes are all of them. */
export function panes(w: Workspace): readonly Pane[] {
  return w.tabs.flatMap((t) => t.panes);
}

/** find is the pane that shows a spot already, so that it need not be opened twice. */
export function find(w: Workspace, spot: Spot): Pane | undefined {
  if (spot.fresh || spot.steal || (!spot.session && !spot.name)) return undefined;
  return panes(w).find(({ spot: s }) => s.machine === spot.machine && sameSession(s, spot));
}

function sameSession(a: Spot, b: Spot): boolean {
  return b.session ? a.session === b.session : a.name === b.name;
}

function replace(w: Workspace, at: number, tab: Tab): Workspace {
  return { ...w, tabs: w.tabs.map((t, n) => (n === at ? tab : t)) };
}
