import { look, sessions } from "../api/sessions.ts";
import { shown } from "../ui/text.ts";
import { allViews, focusPane, isSeen, listenToBells } from "./desk.ts";
import { nameOf } from "./name.ts";
import type { Word } from "./notify.ts";
import { settings } from "./settings.ts";
import type { View } from "./view.ts";
import type { Pane } from "./workspace.ts";

/** How often it is looked whether something long is over, in ms. Browsers stretch it in hidden tabs. */
const every = 2_000;

/** tellEnds tells of long commands that end where nobody looks, until the function that it gives is called. */
export function tellEnds(): () => void {
  listenToBells(tellBell);
  const timer = setInterval(() => void lookAround(), every);
  const shown = () => {
    for (const { pane, view } of allViews()) if (isSeen(pane.id)) view.watch.looked(Date.now());
  };
  document.addEventListener("visibilitychange", shown);
  return () => {
    listenToBells(() => {});
    clearInterval(timer);
    document.removeEventListener("visibilitychange", shown);
  };
}

async function lookAround() {
  const due = allViews().filter(({ pane, view }) => view.watch.due(isSeen(pane.id), Date.now()));
  if (due.length === 0) return;
  await look().catch(() => {}); // what is not known is believed
  for (const { pane, view } of due) {
    const foreground = sessions.peek()?.find((s) => s.session_id === pane.spot.session)?.foreground;
    if (view.watch.finished(foreground, isSeen(pane.id), Date.now())) tell("finished", pane, view);
  }
}

/** tellBell tells of a bell where nobody looks. */
function tellBell(pane: Pane, view: View) {
  if (view.watch.bell(isSeen(pane.id), Date.now())) tell("bell", pane, view);
}

function tell(word: Word, pane: Pane, view: View) {
  view.rang.value = true;
  if (!settings.peek().notify || typeof Notification === "undefined" || Notification.permission !== "granted")
    return;
  const title = word === "bell" ? `Bell in ${nameOf(pane, view)}` : `Done in ${nameOf(pane, view)}`;
  try {
    const n = new Notification(title, { body: shown(view.title.peek()), tag: `vsay ${pane.spot.session}` });
    n.onclick = () => {
      window.focus();
      focusPane(pane.id);
      n.close();
    };
  } catch {
    // Some browsers have the class and let only a service worker use it.
  }
}
