import { useEffect, useState } from "preact/hooks";
import { me } from "../api/account.ts";
import { Button } from "../ui/button.tsx";
import { shown } from "../ui/text.ts";
import { closePane, machineOf, renew, sessionOf } from "./desk.ts";
import { signingIn } from "./dialogs.tsx";
import { size } from "./size.ts";
import type { View } from "./view.ts";
import { type Action, type Said, say } from "./words.ts";
import type { Pane } from "./workspace.ts";

interface Props {
  pane: Pane;
  view: View;
}

/** Message is what has to be said about a terminal, in its head: beside the screen, never in front of it. */
export function Message({ pane, view }: Props) {
  const now = useClock(view.state.value.is === "away");
  const ask = view.consent.ask.value;
  if (ask?.kind === "clipboard") return <ClipboardQuestion pane={pane} view={view} text={ask.text} />;
  const said = say(view.state.value, {
    machine: shown(machineOf(pane.spot)?.name ?? "the machine", 64),
    now,
    waiting: view.waiting.value,
    taker: taker(pane),
  });
  if (said) return <SaidMessage said={said} pane={pane} view={view} />;
  if (view.consent.hint.value)
    return <Passing text={view.consent.hint.value} onClose={() => (view.consent.hint.value = "")} />;
  if (view.lost.value > 0) {
    const text = `${size(view.lost.value)} of output are gone for good: the machine keeps the last megabytes only`;
    return <Passing text={text} onClose={() => (view.lost.value = 0)} />;
  }
  return (
    <span class="message" role="status">
      <span class="title">{view.title}</span>
    </span>
  );
}

function SaidMessage({ said, pane, view }: Props & { said: Said }) {
  return (
    <span class={`message ${said.tone}`}>
      {/* The seconds are counted down in silence: only what it is about is read aloud. */}
      <span class="said" title={said.text}>
        {said.text}
      </span>
      <span class="unseen" role="status">
        {said.text.replace(/\d+ s\b.*/, "")}
      </span>
      {said.actions.map((action) => (
        <Button
          key={action}
          look={action === "close" ? "quiet" : "plain"}
          onClick={() => act(action, pane, view)}
        >
          {labels[action]}
        </Button>
      ))}
    </span>
  );
}

const labels: Record<Action, string> = {
  "try now": "Try now",
  "sign in": "Sign in",
  "take back": "Take it back",
  "new session": "New session",
  close: "Close",
};

function act(action: Action, pane: Pane, view: View) {
  if (action === "close") {
    closePane(pane.id);
    return;
  }
  if (action === "new session") renew(pane.id, { machine: pane.spot.machine, fresh: true });
  if (action === "sign in") signingIn.value = true;
  if (action === "try now") view.retryNow();
  if (action === "take back") view.takeBack();
  view.focus();
}

/** taker is who took a session over: the one who types there now, if that is somebody else. */
function taker(pane: Pane): string | undefined {
  const typing = sessionOf(pane.spot)?.viewers.filter((v) => !v.read_only) ?? [];
  const newest = typing.reduce((a, b) => (a && a.since > b.since ? a : b), typing[0]);
  if (!newest) return undefined;
  return newest.username === me.value?.username ? "You, elsewhere," : shown(newest.username, 64);
}

function ClipboardQuestion({ pane, view, text }: Props & { text: string }) {
  const machine = shown(machineOf(pane.spot)?.name ?? "this machine", 64);
  const short = shown(text, 60);
  const answer = (allowed: "always" | "never" | "not now") => {
    view.consent.letCopy(allowed, text);
    view.focus();
  };
  return (
    <span class="message waiting" role="alert">
      <span class="said" title={short}>
        {machine} wants to set your clipboard: “{short}”
      </span>
      <Button onClick={() => answer("always")}>Let this machine</Button>
      <Button look="quiet" onClick={() => answer("not now")}>
        Not now
      </Button>
      <Button look="quiet" onClick={() => answer("never")}>
        Never
      </Button>
    </span>
  );
}

function Passing({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <span class="message waiting">
      <span class="said" role="status" title={text}>
        {text}
      </span>
      <Button look="quiet" onClick={onClose}>
        OK
      </Button>
    </span>
  );
}

/** useClock is Date.now(), every half second while it is asked for. */
function useClock(runs: boolean): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    if (!runs) return;
    set(Date.now());
    const timer = setInterval(() => set(Date.now()), 500);
    return () => clearInterval(timer);
  }, [runs]);
  return now;
}
