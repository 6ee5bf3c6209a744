import { useId } from "preact/hooks";
import { refresh } from "../../api/live.ts";
import { ask, path } from "../../api/request.ts";
import type { Machine } from "../../api/types.ts";
import { FormDialog } from "../../ui/dialog.tsx";
import { Field, value } from "../../ui/field.tsx";
import { toast } from "../../ui/toast.tsx";
import { changes, textOf } from "./change.ts";

/** ChangeDialog is for what a machine is called, and what is said of it. */
export function ChangeDialog({ machine: m, onClose }: { machine: Machine; onClose: () => void }) {
  const id = useId();
  const submit = async (form: HTMLFormElement) => {
    const change = changes(m, value(form, "name"), value(form, "description"), value(form, "labels"));
    if (Object.keys(change).length > 0) {
      await ask("PATCH", path`/api/machines/${m.agent_id}`, change);
      await refresh();
      toast("Changed");
    }
    onClose();
  };
  return (
    <FormDialog title="Name and labels" verb="Change" onSubmit={submit} onClose={onClose}>
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
    </FormDialog>
  );
}
