import "@xterm/xterm/css/xterm.css";
import "./terminal.css";
import { useComputed, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { me } from "../api/account.ts";
import { follow } from "../api/live.ts";
import { look } from "../api/sessions.ts";
import { Button } from "../ui/button.tsx";
import { led } from "../ui/router.ts";
import {
  allViews,
  arrive,
  current,
  focusPane,
  offered,
  onPage,
  unacknowledged,
  viewOf,
  workspace,
} from "./desk.ts";
import { AskDialog, HelpDialog, SignInDialog } from "./dialogs.tsx";
import { FindBar } from "./find.tsx";
import { Head, isFull } from "./head.tsx";
import { KeyBar } from "./keybar.tsx";
import { nameOf } from "./name.ts";
import { Offered } from "./offered.tsx";
import { OpenDialog } from "./open-dialog.tsx";
import { type Does, run } from "./run.ts";
import { settings } from "./settings.ts";
import { command } from "./shortcuts.ts";
import { Strip } from "./strip.tsx";
import { tellEnds } from "./tell.ts";
import { fillViewport } from "./viewport.ts";
import type { Pane, Tab } from "./workspace.ts";

/** How often it is asked who watches what, in ms. */
const lookEvery = 5_000;

/** TerminalPage is everything below /terminal. It fills the window: the frame of other pages is not around it. */
export function TerminalPage() {
  const root = useRef<HTMLDivElement>(null);
  const [dialog, setDialog] = useState<"open" | "help">();
  const [finding, setFinding] = useState(false);
  usePage(root.current);
  useTitle();
  const close = () => {
    setDialog(undefined);
    focusCurrent();
  };
  const does: Does = {
    open: () => setDialog("open"),
    help: () => setDialog("help"),
    find: () => setFinding(true),
    fullScreen: () => void toggleFullScreen(root.current),
    leave: () => root.current?.querySelector<HTMLElement>(".pane.at .head button")?.focus(),
  };
  const keys = (e: KeyboardEvent) => {
    if (e.isComposing || document.querySelector("dialog[open]")) return;
    const what = command(e);
    if (!what) return;
    e.preventDefault();
    e.stopPropagation();
    run(what, does);
  };
  const { tabs, at } = workspace.value;
  const pane = current.value;
  const view = pane && viewOf(pane);
  const now = pane?.id;
  useLayoutEffect(() => {
    if (now !== undefined) focusCurrent(); // at once: the next key is for it
  }, [now]);
  return (
    <div class="terminals" ref={root} onKeyDownCapture={keys}>
      <h1 class="unseen">Terminal</h1>
      <Strip does={does} />
      <div class="desk">
        {tabs.map((tab, i) => (
          <TabPanel key={tab.id} tab={tab} seen={i === at} />
        ))}
        {tabs.length === 0 && (offered.value ? <Offered /> : <Nothing onOpen={does.open} />)}
        {finding && view && <FindBar key={pane.id} view={view} onClose={() => setFinding(false)} />}
      </div>
      {view && settings.value.keyBar !== "never" && (
        <div class={`keybar-place ${settings.value.keyBar}`}>
          <KeyBar view={view} />
        </div>
      )}
      {view && <AskDialog view={view} />}
      {dialog === "open" && <OpenDialog onClose={close} />}
      {dialog === "help" && <HelpDialog onClose={close} />}
      <SignInDialog />
    </div>
  );
}

/** usePage is what goes on as long as the terminals are what is on the page. */
function usePage(root: HTMLElement | null) {
  useEffect(() => {
    arrive(location.pathname, location.search, led());
    onPage.value = true;
    const stop = [follow(), tellEnds(), fillViewport(), lookAgain(), guardKeys()];
    return () => {
      onPage.value = false;
      for (const s of stop) s();
    };
  }, []);
  // Who is shown a terminal wants to type.
  useSignalEffect(() => {
    const pane = current.value;
    if (pane && root?.isConnected !== false) requestAnimationFrame(focusCurrent);
  });
}

function focusCurrent() {
  const pane = current.peek();
  if (pane && !document.querySelector("dialog[open], [popover]:popover-open")) viewOf(pane).focus();
}

function lookAgain(): () => void {
  const again = () => {
    if (document.visibilityState === "visible" && me.peek()) void look().catch(() => {});
  };
  again();
  const timer = setInterval(again, lookEvery);
  return () => clearInterval(timer);
}

/** guardKeys asks before the page goes away with keys that no session has yet, and only then. */
function guardKeys(): () => void {
  const ask = (e: BeforeUnloadEvent) => {
    if (unacknowledged() > 0) e.preventDefault();
  };
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
}

/** useTitle calls the browser's tab what the terminal is called. */
function useTitle() {
  useSignalEffect(() => {
    const pane = current.value;
    if (!pane) {
      document.title = "Terminal – vsay";
      return;
    }
    const view = viewOf(pane);
    const rang = allViews().some((v) => v.view.rang.value);
    const title = view.title.value;
    document.title = `${rang ? "● " : ""}${title ? `${title} – ` : ""}${nameOf(pane, view)}`;
  });
}

async function toggleFullScreen(root: HTMLElement | null) {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await root?.requestFullscreen();
  } catch {
    // Telephones of one maker have none.
  }
}

function TabPanel({ tab, seen }: { tab: Tab; seen: boolean }) {
  return (
    <section
      class={`panes ${tab.way === "row" ? "across" : "down"} ${seen ? "seen" : ""}`}
      aria-hidden={!seen}
      inert={!seen}
    >
      {tab.panes.map((pane, i) => (
        <PaneBox key={pane.id} pane={pane} at={i === tab.at} seen={seen} full={isFull(tab.panes.length)} />
      ))}
    </section>
  );
}

interface PaneProps {
  pane: Pane;
  at: boolean;
  seen: boolean;
  full: boolean;
}

function PaneBox({ pane, at, seen, full }: PaneProps) {
  const view = viewOf(pane);
  const place = useRef<HTMLDivElement>(null);
  const name = useComputed(() => `Terminal ${nameOf(pane, view)}`);
  useLayoutEffect(() => place.current?.append(view.host), [view]);
  useEffect(() => {
    if (seen) view.show();
  }, [view, seen]);
  return (
    <section
      class={`pane ${at ? "at" : ""}`}
      aria-label={name.value}
      onFocusCapture={() => focusPane(pane.id)}
    >
      <Head pane={pane} view={view} full={full} />
      <div class="place" ref={place} />
    </section>
  );
}

function Nothing({ onOpen }: { onOpen: () => void }) {
  return (
    <div class="nothing">
      <p>No session is open here.</p>
      <div class="row">
        <Button look="primary" onClick={onOpen}>
          Open a session
        </Button>
        <a class="button" href="/">
          Machines
        </a>
      </div>
    </div>
  );
}
