import { useEffect, useState } from "preact/hooks";
import { end, look, sessions } from "../../api/sessions.ts";
import type { Machine, Session } from "../../api/types.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { doing, watched } from "../../ui/session.ts";
import { shown } from "../../ui/text.ts";
import { Ago } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.tsx";
import { terminalOf } from "./parts.tsx";

const every = 5000; // milliseconds; the machines are asked each time

/** SessionList is what runs on a machine, kept up to date as long as it is seen. */
export function SessionList({ machine }: { machine: Machine }) {
  const [ending, setEnding] = useState<Session>();
  const [failed, fail] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of sessions is a reason to look at once
  useEffect(() => {
    const now = () =>
      void (
        document.hidden ||
        look().then(
          () => fail(false),
          () => fail(true),
        )
      );
    now();
    const timer = setInterval(now, every);
    return () => clearInterval(timer);
  }, [machine.sessions]);
  const mine = sessions.value?.filter((s) => s.agent_id === machine.agent_id);
  if (!mine)
    return (
      <p class="soft">{failed ? "The sessions are not known now. This page asks again." : "Looking…"}</p>
    );
  if (mine.length === 0) return <p class="soft">Nothing runs here.</p>;
  return (
    <>
      <ul class="sessions">
        {mine.map((s) => (
          <Line key={s.session_id} session={s} onEnd={() => setEnding(s)} />
        ))}
      </ul>
      {ending && (
        <Confirm
          title={`End ${nameOf(ending)}?`}
          verb="End the session"
          onClose={() => setEnding(undefined)}
          onSure={async () => {
            await end(ending.session_id);
            toast("The session has ended");
          }}
        >
          <p>All its programs are told to end, and are ended after five seconds if they do not.</p>
        </Confirm>
      )}
    </>
  );
}

function Line({ session: s, onEnd }: { session: Session; onEnd: () => void }) {
  const name = nameOf(s);
  return (
    <li>
      <div class="grow">
        <strong class="mono">{name}</strong> <span class="small">{doing(s)}</span>
        <div class="small soft">
          {watched(s)} · began <Ago at={s.started_at} />
        </div>
      </div>
      <div class="row">
        {s.kind === "shell" && (
          <>
            <LinkButton
              href={`${terminalOf(s.agent_id, s.name)}&read_only=true`}
              look="quiet"
              label={`Watch ${name}`}
            >
              Watch
            </LinkButton>
            <LinkButton href={terminalOf(s.agent_id, s.name)} label={`Join ${name}`}>
              Join
            </LinkButton>
          </>
        )}
        <Button look="quiet danger" aria-label={`End ${name}`} onClick={onEnd}>
          End
        </Button>
      </div>
    </li>
  );
}

function nameOf(s: Session): string {
  return shown(s.name || s.session_id.slice(0, 8), 64);
}
