import "./machines.css";
import { useEffect, useState } from "preact/hooks";
import { follow, machines, refresh } from "../../api/live.ts";
import { ask, path } from "../../api/request.ts";
import type { Log, Machine } from "../../api/types.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { TerminalIcon } from "../../ui/icons.tsx";
import { Status } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { go } from "../../ui/router.ts";
import { shown, span } from "../../ui/text.ts";
import { Ago } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.tsx";
import { Approvals } from "./approvals.tsx";
import { ChangeDialog } from "./change-dialog.tsx";
import { Labels, Meter, Seen, State, system, terminalOf } from "./parts.tsx";
import { SessionList } from "./session-list.tsx";

/** MachinePage is all that is known of one machine. */
export function MachinePage({ params }: { params: Record<string, string> }) {
  useEffect(follow, []);
  if (!machines.value) return <div aria-busy="true" />;
  const m = machines.value.find((x) => x.agent_id === params.agent);
  return m ? <One machine={m} /> : <None />;
}

function None() {
  return (
    <Page title="No such machine" narrow>
      <p>It was deleted, or it is not yours.</p>
      <div>
        <LinkButton href="/">To your machines</LinkButton>
      </div>
    </Page>
  );
}

function One({ machine: m }: { machine: Machine }) {
  const open = (
    <LinkButton href={terminalOf(m.agent_id)} look="primary">
      <TerminalIcon /> Open a terminal
    </LinkButton>
  );
  return (
    <Page title={m.name} actions={m.status === "online" && open} narrow>
      <Approvals of={[m]} />
      <section class="panel" aria-label="What it is">
        <Facts of={m} />
      </section>
      <section class="stack tight" aria-labelledby="running">
        <h2 id="running">Running sessions</h2>
        <SessionList machine={m} />
      </section>
      <Past machine={m} />
      <Acts machine={m} />
    </Page>
  );
}

function Facts({ of: m }: { of: Machine }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <State of={m} />
      </dd>
      <dt>Last seen</dt>
      <dd>
        <Seen of={m} />
      </dd>
      {m.description && (
        <>
          <dt>Description</dt>
          <dd>{shown(m.description, 256)}</dd>
        </>
      )}
      <dt>System</dt>
      <dd>{system(m)}</dd>
      {Object.keys(m.labels).length > 0 && (
        <>
          <dt>Labels</dt>
          <dd class="row">
            <Labels of={m} />
          </dd>
        </>
      )}
      {m.status === "online" && <Load of={m} />}
      <dt>Address</dt>
      <dd class="mono">{shown(m.ip_address, 45)}</dd>
      <dt>Agent</dt>
      <dd>
        vsay {shown(m.agent_version, 40)} · <span class="mono small soft">{m.agent_id}</span>
      </dd>
    </dl>
  );
}

function Load({ of: m }: { of: Machine }) {
  return (
    <>
      <dt>CPU</dt>
      <dd>
        <Meter of={m.cpu_percent} />
      </dd>
      <dt>Memory</dt>
      <dd>
        <Meter of={m.memory_percent} />
      </dd>
      <dt>Disk</dt>
      <dd>
        <Meter of={m.disk_percent} />
      </dd>
      <dt>Up for</dt>
      <dd>{span(m.uptime)}</dd>
    </>
  );
}

/** Past is what was run there, the last of it. */
function Past({ machine: m }: { machine: Machine }) {
  const [logs, set] = useState<Log[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when a session begins or ends, this changes as well
  useEffect(() => {
    const gone = new AbortController();
    ask<{ logs: Log[] }>("GET", path`/api/machines/${m.agent_id}/logs`, undefined, gone.signal).then(
      (answer) => set(answer.logs.slice(0, 20)),
      () => undefined, // what is there is shown
    );
    return () => gone.abort();
  }, [m.agent_id, m.sessions]);
  if (logs.length === 0) return null;
  return (
    <section class="stack tight" aria-labelledby="past">
      <h2 id="past">What was run here</h2>
      <ul class="sessions">
        {logs.map((log) => (
          <li key={log.id}>
            <code class="grow">{shown(log.command || "a shell", 200)}</code>
            <Outcome of={log} />
            <span class="small soft">
              {shown(log.username ?? "", 40)} · {log.timestamp && <Ago at={log.timestamp} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outcome({ of: log }: { of: Log }) {
  if (log.success === null || log.success === undefined) return null;
  return <Status is={log.success ? "good" : "bad"}>{log.success ? "Succeeded" : "Failed"}</Status>;
}

function Acts({ machine: m }: { machine: Machine }) {
  const [asked, setAsked] = useState<"change" | "delete">();
  const close = () => setAsked(undefined);
  const remove = async () => {
    await ask("DELETE", path`/api/machines/${m.agent_id}`);
    go("/");
    toast(`${shown(m.name)} was deleted`);
    await refresh();
  };
  return (
    <div class="row">
      <Button onClick={() => setAsked("change")}>Name and labels</Button>
      <Button look="danger" onClick={() => setAsked("delete")}>
        Delete this machine
      </Button>
      {asked === "change" && <ChangeDialog machine={m} onClose={close} />}
      {asked === "delete" && (
        <Confirm title={`Delete ${shown(m.name, 64)}?`} verb="Delete it" onClose={close} onSure={remove}>
          <p>
            Its credential dies and its agent is cut off at once. To have it back, it has to be added again
            with an API key.
          </p>
        </Confirm>
      )}
    </div>
  );
}
