import { useState } from "preact/hooks";
import { refresh } from "../../api/live.ts";
import { ask, path } from "../../api/request.ts";
import type { Machine } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notice.tsx";
import { useTask } from "../../ui/task.ts";
import { shown } from "../../ui/text.ts";
import { toast } from "../../ui/toast.tsx";
import { State, system } from "./parts.tsx";

/** Approvals are the machines that were added and wait to be let in. */
export function Approvals({ of }: { of: Machine[] }) {
  const waiting = of.filter((m) => m.status === "pending");
  if (waiting.length === 0) return null;
  return (
    <section class="panel" aria-label="Machines that wait">
      <p>
        {waiting.length === 1 ? "A machine asks" : `${waiting.length} machines ask`} to be one of yours. Let
        in only what you have just added.
      </p>
      {waiting.map((m) => (
        <Waiting key={m.agent_id} machine={m} />
      ))}
    </section>
  );
}

function Waiting({ machine: m }: { machine: Machine }) {
  const [refusing, setRefusing] = useState(false);
  const letIn = useTask(async () => {
    await ask("POST", path`/api/machines/${m.agent_id}/approve`);
    await refresh();
    toast(`${shown(m.name)} is one of yours now`);
  });
  return (
    <div class="stack tight">
      <div class="row">
        <State of={m} />
        <strong>{shown(m.name, 64)}</strong>
        <span class="grow small soft">
          {system(m)} · from {shown(m.ip_address, 45)}
        </span>
        <Button look="quiet danger" onClick={() => setRefusing(true)}>
          Refuse
        </Button>
        <Button look="primary" busy={letIn.busy} onClick={() => void letIn.run()}>
          Let it in
        </Button>
      </div>
      <Failure of={letIn.error} />
      {refusing && (
        <Confirm
          title={`Refuse ${shown(m.name, 64)}?`}
          verb="Refuse it"
          onClose={() => setRefusing(false)}
          onSure={async () => {
            await ask("DELETE", path`/api/machines/${m.agent_id}`);
            await refresh();
          }}
        >
          <p>
            Its credential dies. If you did not add it, replace your API key as well: somebody else has it.
          </p>
        </Confirm>
      )}
    </div>
  );
}
