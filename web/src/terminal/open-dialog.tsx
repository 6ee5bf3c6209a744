import { useEffect, useState } from "preact/hooks";
import { machines } from "../api/live.ts";
import { look, sessions } from "../api/sessions.ts";
import type { Machine, Session } from "../api/types.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Status } from "../ui/notice.tsx";
import { doing, watched } from "../ui/session.ts";
import { shown } from "../ui/text.ts";
import { openSpot } from "./desk.ts";
import type { Spot } from "./workspace.ts";

/** OpenDialog lists what can be opened: a new session on each machine, and those that run there. */
export function OpenDialog({ onClose }: { onClose: () => void }) {
  const [wanted, want] = useState("");
  useEffect(() => void look().catch(() => {}), []);
  const all = machines.value;
  const found = all?.filter((m) => matches(m, wanted)) ?? [];
  const open = (spot: Spot) => {
    openSpot(spot);
    onClose();
  };
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    const first = found.find((m) => m.status === "online");
    if (first) open({ machine: first.agent_id, fresh: true });
  };
  return (
    <Dialog title="Open a session" onClose={onClose}>
      <form onSubmit={submit}>
        <input
          class="input"
          type="search"
          aria-label="Find a machine or a session"
          placeholder="Find a machine or a session"
          onInput={(e) => want(e.currentTarget.value)}
        />
      </form>
      {!all && <p class="soft">Asking the server …</p>}
      {all?.length === 0 && (
        <p>
          There are no machines yet. <a href="/add">Add one</a>
        </p>
      )}
      {all && all.length > 0 && found.length === 0 && <p class="soft">Nothing is called like that.</p>}
      <ul class="offers">
        {found.map((m) => (
          <Offer key={m.agent_id} machine={m} onOpen={open} />
        ))}
      </ul>
      <div class="row end">
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  );
}

function matches(m: Machine, wanted: string): boolean {
  const w = wanted.trim().toLowerCase();
  return (
    m.name.toLowerCase().includes(w) || shells(m).some((s) => `${m.name}:${s.name}`.toLowerCase().includes(w))
  );
}

function shells(m: Machine): Session[] {
  const all = sessions.value ?? [];
  return all.filter((s) => s.agent_id === m.agent_id && s.kind === "shell" && s.status !== "closed");
}

function Offer({ machine: m, onOpen }: { machine: Machine; onOpen: (spot: Spot) => void }) {
  const there = m.status === "online";
  const name = shown(m.name, 64);
  return (
    <li>
      <div class="offer">
        <b class="grow">{name}</b>
        <Status is={there ? "good" : "off"}>{there ? "online" : m.status}</Status>
        {there && (
          <Button
            look="primary"
            aria-label={`New session on ${name}`}
            onClick={() => onOpen({ machine: m.agent_id, fresh: true })}
          >
            New session
          </Button>
        )}
      </div>
      {there && shells(m).map((s) => <Running key={s.session_id} session={s} onOpen={onOpen} />)}
    </li>
  );
}

function Running({ session: s, onOpen }: { session: Session; onOpen: (spot: Spot) => void }) {
  const spot: Spot = { machine: s.agent_id, session: s.session_id };
  const name = shown(s.name, 64);
  return (
    <div class="offer running">
      <div class="grow">
        <span class="mono">{name}</span>{" "}
        <span class="soft small">{[doing(s), watched(s)].filter(Boolean).join(" · ")}</span>
      </div>
      <Button aria-label={`Join ${name}`} onClick={() => onOpen(spot)}>
        Join
      </Button>
      <Button look="quiet" aria-label={`Watch ${name}`} onClick={() => onOpen({ ...spot, readOnly: true })}>
        Watch
      </Button>
      {s.viewers.length > 0 && (
        <Button
          look="quiet"
          aria-label={`Take over ${name}`}
          onClick={() => onOpen({ ...spot, steal: true })}
        >
          Take over
        </Button>
      )}
    </div>
  );
}
