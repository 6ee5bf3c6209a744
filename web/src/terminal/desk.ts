import { computed, effect, signal } from "@preact/signals";
import { ended, me } from "../api/account.ts";
import { machines } from "../api/live.ts";
import { turnedAway } from "../api/request.ts";
import { look, sessions } from "../api/sessions.ts";
import type { Machine, Session } from "../api/types.ts";
import { isOver } from "../session/view.ts";
import type { Opened } from "../wire/body.ts";
import { address, spotAt, workspaceAt } from "./address.ts";
import { View } from "./view.ts";
import type { Pane, Spot, Way, Workspace } from "./workspace.ts";
import * as ws from "./workspace.ts";

// The terminals of this page. They stay while one looks at other pages, and come back with /terminal.

/** workspace is which there are, and which are seen. */
export const workspace = signal<Workspace>(ws.empty);

/** onPage says whether the terminals are what is on the page. */
export const onPage = signal(false);

/** current is the pane with the focus. */
export const current = computed(() => ws.seen(workspace.value));

const views = new Map<number, View>();

/** viewOf is the terminal of a pane. It is made when it is asked for first. */
export function viewOf(pane: Pane): View {
  let view = views.get(pane.id);
  if (!view) {
    view = new View(pane.spot, {
      opened: (session) => opened(pane.id, session),
      rang: () => rang(pane),
    });
    views.set(pane.id, view);
    attend(view);
  }
  return view;
}

/** allViews are those that were made, with their panes. */
export function allViews(): { pane: Pane; view: View }[] {
  return ws.panes(workspace.peek()).flatMap((pane) => {
    const view = views.get(pane.id);
    return view ? [{ pane, view }] : [];
  });
}

/** attend acts on what becomes of a view, as long as there is one. */
function attend(view: View) {
  view.state.subscribe((now) => {
    // The whole page has to know that nobody is signed in any more.
    if (now.is === "signed out" && me.peek()) turnedAway.value++;
    if (now.is === "live" || now.is === "superseded") void look().catch(() => {});
  });
}

/** machineOf and sessionOf are what the server says of a pane's machine and session, where that is known. */
export function machineOf(spot: Spot): Machine | undefined {
  return machines.value?.find((m) => m.agent_id === spot.machine);
}

export function sessionOf(spot: Spot): Session | undefined {
  return sessions.value?.find((s) => s.session_id === spot.session);
}

/** isSeen says whether somebody who looks at the browser sees a pane. */
export function isSeen(pane: number): boolean {
  if (!onPage.peek() || document.visibilityState === "hidden") return false;
  const { tabs, at } = workspace.peek();
  return tabs[at]?.panes.some((p) => p.id === pane) ?? false;
}

function opened(pane: number, session: Opened) {
  const spot = ws.panes(workspace.peek()).find((p) => p.id === pane)?.spot;
  if (!spot) return;
  const readOnly = spot.readOnly ? { readOnly: true } : {};
  change(ws.place(workspace.peek(), pane, { machine: spot.machine, session: session.session, ...readOnly }));
}

let toldOfBells: (pane: Pane, view: View) => void = () => {};

/** listenToBells has a function told of each bell. */
export function listenToBells(told: (pane: Pane, view: View) => void) {
  toldOfBells = told;
}

function rang(pane: Pane) {
  const view = views.get(pane.id);
  if (!view) return;
  if (!isSeen(pane.id)) view.rang.value = true;
  toldOfBells(pane, view);
}

/** change shows another workspace. What is in none any more is left. */
function change(to: Workspace) {
  workspace.value = to;
  const kept = new Set(ws.panes(to).map((p) => p.id));
  for (const [id, view] of views) {
    if (kept.has(id)) continue;
    views.delete(id);
    view.dispose();
  }
}

/** offered is what another site would have opened: that starts sessions and takes them over, so somebody has to want it. */
export const offered = signal<Workspace | undefined>(undefined);

/** takeOffer opens it. */
export function takeOffer() {
  const { tabs, at } = offered.peek() ?? ws.empty;
  offered.value = undefined;
  if (tabs.length > 0) change({ tabs, at, next: workspace.peek().next + 1000 });
}

/** arrive opens what the address of the page asks for, unless it is there already or others led there. */
export function arrive(path: string, search: string, ledByOthers = false) {
  const w = workspace.peek();
  if (w.tabs.length === 0) {
    const asked = workspaceAt(path, search);
    if (ledByOthers && asked.tabs.length > 0) offered.value = asked;
    else change({ ...asked, next: w.next + 1000 });
    return;
  }
  const spot = path + search === address(w) ? undefined : spotAt(path, search);
  if (spot) openSpot(spot);
}

/** openSpot shows a session: in its pane where it has one, else in a new tab. */
export function openSpot(spot: Spot) {
  const w = workspace.peek();
  const there = ws.find(w, spot);
  change(there ? ws.focus(w, there.id) : ws.open(w, spot));
}

/** splitSpot shows one beside or below the pane of the focus. */
export function splitSpot(way: Way, spot: Spot) {
  change(ws.split(workspace.peek(), way, spot));
}

/** renew shows something else in a pane: a new session in place of one that ended, or the same in another way. */
export function renew(pane: number, spot: Spot) {
  change(ws.renew(workspace.peek(), pane, spot));
}

export function closePane(pane: number) {
  change(ws.close(workspace.peek(), pane));
}

export function focusPane(pane: number) {
  workspace.value = ws.focus(workspace.peek(), pane);
}

export function showTab(at: number) {
  workspace.value = ws.show(workspace.peek(), at);
}

export function nextPane() {
  workspace.value = ws.nextPane(workspace.peek());
}

export function turnPanes() {
  workspace.value = ws.turn(workspace.peek());
}

/** unacknowledged is how many typed bytes would be lost if the page went away now. */
export function unacknowledged(): number {
  let all = 0;
  for (const view of views.values()) if (!isOver(view.state.peek())) all += view.waiting.peek();
  return all;
}

// What was on somebody's screen is for nobody else: it goes when he signs out, or when another one signs in. A login that
// merely ended leaves it, and who signs in again goes on where he was.
let owner: string | undefined;
effect(() => {
  const who = me.value;
  if (who && owner === who.id) goOn();
  if ((who && owner && owner !== who.id) || (who === null && !ended.value))
    change({ ...ws.empty, next: workspace.peek().next });
  if (who) owner = who.id;
});

function goOn() {
  for (const view of views.values()) if (view.state.peek().is === "signed out") view.retryNow();
}

// The address says what is open, so that a reload finds it again.
effect(() => {
  const to = address(workspace.value);
  if (onPage.value && location.pathname + location.search !== to) history.replaceState(history.state, "", to);
});
