import { useId } from "preact/hooks";
import { refresh } from "../../api/live.ts";
import { ask, path } from "../../api/request.ts";
import type { Machine } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, value } from "../../ui/field.tsx";
import { Failure } from "../../ui/notice.tsx";
import { useTask } from "../../ui/task.ts";
import { toast } from "../../ui/toast.tsx";
import { changes, textOf } from "./change.ts";

/** ChangeDialog is for what a machine is called, and what is said of it. */
export function ChangeDialog({ machine: m, onClose }: { machine: Machine; onClose: () => void }) {
  const id = useId();
  const task = useTask(async (form: HTMLFormElement) => {
    const change = changes(m, value(form, "name"), value(form, "description"), value(form, "labels"));
    if (Object.keys(change).length > 0) {
      await ask("PATCH", path`/api/machines/${m.agent_id}`, change);
      await refresh();
      toast("Changed");
    }
    onClose();
  });
  return (
    <Dialog title="Name and labels" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(e) => {
          e.preventDefault();
          void task.run(e.currentTarget as HTMLFormElement);
        }}
      >
        <Field
          label="Name"
          name="name"
          defaultValue={m.name}
          maxLength={64}
          autocapitalize="off"
          spellcheck={false}
        />
        <Field label="Description" name="description" defaultValue={m.description} maxLength={256} />
        <div class="field">
          <label for={id}>Labels</label>
          <textarea
            class="input mono"
            id={id}
            name="labels"
            rows={4}
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            defaultValue={textOf(m.labels)}
          />
          <span class="hint" id={`${id}-hint`}>
            One a line, key=value. What you leave empty goes back to what the machine says of itself.
          </span>
        </div>
        <Failure of={task.error} />
        <div class="row end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            Change
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
