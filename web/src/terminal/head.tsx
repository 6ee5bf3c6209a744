import "./head.css";
import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { me } from "../api/account.ts";
import { look } from "../api/sessions.ts";
import type { Session, Viewer } from "../api/types.ts";
import { isOver } from "../session/view.ts";
import { EyeIcon } from "../ui/icons.tsx";
import { count, shown } from "../ui/text.ts";
import { Ago } from "../ui/time.tsx";
import { closePane, renew, sessionOf, splitSpot } from "./desk.ts";
import { EndDialog, RenameDialog } from "./dialogs.tsx";
import { MoreIcon } from "./icons.tsx";
import { Choice, Menu } from "./menu.tsx";
import { Message } from "./message.tsx";
import { nameOf } from "./name.ts";
import type { View } from "./view.ts";
import { maxPanes, type Pane } from "./workspace.ts";

interface Props {
  pane: Pane;
  view: View;
  full: boolean; // no pane more in this tab
}

/** Head is above each terminal: whose it is, how it is, who watches, and what can be done. */
export function Head({ pane, view, full }: Props) {
  const where = useComputed(() => nameOf(pane, view));
  const session = sessionOf(pane.spot);
  return (
    <header class="head">
      <span class={`dot ${view.state.value.is.replace(" ", "-")}`} aria-hidden="true" />
      <span class="where" title={where.value}>
        {where}
      </span>
      {pane.spot.readOnly && <span class="badge">Read-only</span>}
      <Message pane={pane} view={view} />
      {session && <Watchers session={session} />}
      <HeadMenu pane={pane} view={view} session={session} full={full} />
    </header>
  );
}

/** Watchers is who has this session on a screen. */
function Watchers({ session }: { session: Session }) {
  const n = session.viewers.length;
  if (n < 2) return null;
  const label = `${count(n, "viewer")}: who watches`;
  return (
    <Menu
      label={label}
      onOpen={() => void look().catch(() => {})}
      button={
        <>
          <EyeIcon size={16} /> {n}
        </>
      }
    >
      <ul class="watch-list" aria-label="Who watches">
        {session.viewers.map((v) => (
          <li key={`${v.since} ${v.username} ${v.source}`}>
            <WatcherLine viewer={v} />
          </li>
        ))}
      </ul>
    </Menu>
  );
}

function WatcherLine({ viewer: v }: { viewer: Viewer }) {
  const self = v.username === me.value?.username ? " (your account)" : "";
  return (
    <>
      <b>{shown(v.username, 64)}</b>
      {self}
      {v.read_only && <span class="badge">Read-only</span>}
      <br />
      <span class="soft small">
        by {shown(v.source, 32)} from {shown(v.ip_address, 64)}, <Ago at={v.since} />
      </span>
    </>
  );
}

interface MenuProps extends Props {
  session: Session | undefined;
}

function HeadMenu({ pane, view, session, full }: MenuProps) {
  const [asks, ask] = useState<"rename" | "end">();
  const { spot } = pane;
  const over = isOver(view.state.value);
  const others = (session?.viewers.length ?? 0) > 1;
  const again = (more: object) => renew(pane.id, { machine: spot.machine, session: spot.session, ...more });
  return (
    <>
      <Menu label="What to do with this session" button={<MoreIcon />} class="icon">
        {!over && !spot.readOnly && <Choice onClick={() => void view.pasteHeld()}>Paste</Choice>}
        <Choice onClick={() => void view.copySeen()}>Copy what is seen</Choice>
        {!full && (
          <Choice onClick={() => splitSpot("row", { machine: spot.machine, fresh: true })}>
            New session beside it
          </Choice>
        )}
        {!full && (
          <Choice onClick={() => splitSpot("column", { machine: spot.machine, fresh: true })}>
            New session below it
          </Choice>
        )}
        {!over && spot.readOnly && <Choice onClick={() => again({})}>Type here too</Choice>}
        {!over && !spot.readOnly && <Choice onClick={() => again({ readOnly: true })}>Only watch</Choice>}
        {!over && others && <Choice onClick={() => again({ steal: true })}>Leave the others out</Choice>}
        {!over && <Choice onClick={() => ask("rename")}>Rename…</Choice>}
        {!over && <Choice onClick={() => closePane(pane.id)}>Close; the session runs on</Choice>}
        {!over && (
          <Choice danger onClick={() => ask("end")}>
            End the session…
          </Choice>
        )}
        {over && <Choice onClick={() => closePane(pane.id)}>Close</Choice>}
      </Menu>
      {asks === "rename" && (
        <RenameDialog spot={spot} name={session?.name ?? view.name.value} onClose={() => ask(undefined)} />
      )}
      {asks === "end" && <EndDialog pane={pane} name={nameOf(pane, view)} onClose={() => ask(undefined)} />}
    </>
  );
}

/** isFull says whether a tab has no place for one more pane. */
export function isFull(panes: number): boolean {
  return panes >= maxPanes;
}
