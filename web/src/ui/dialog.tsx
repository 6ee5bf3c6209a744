import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import { Failure } from "./notice.tsx";
import { useTask } from "./task.ts";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** Dialog is in front of everything else as long as it is drawn. Esc closes it, and the focus goes back. */
export function Dialog({ title, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const drawn = useRef(true);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      drawn.current = false;
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onClose={() => drawn.current && onClose()}
    >
      <div class="stack">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps extends Props {
  verb: string;
  onSure: () => Promise<unknown>;
  danger?: boolean;
}

interface FormProps extends Props {
  verb: string;
  onSubmit: (form: HTMLFormElement) => Promise<unknown>;
}

/** FormDialog asks for something, and says why what was given does not do. onSubmit closes it, once there is no more to say. */
export function FormDialog({ title, verb, onSubmit, onClose, children }: FormProps) {
  const task = useTask(onSubmit);
  const submit = (e: SubmitEvent) => {
    e.preventDefault();
    void task.run(e.currentTarget as HTMLFormElement);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {children}
        <Failure of={task.error} />
        <div class="row end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={task.busy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Confirm asks before something is done that cannot be undone. */
export function Confirm({ title, verb, onSure, onClose, children, danger = true }: ConfirmProps) {
  const task = useTask(onSure);
  const sure = async () => (await task.run()) && onClose();
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack tight">{children}</div>
      <Failure of={task.error} />
      <div class="row end">
        <Button onClick={onClose}>Cancel</Button>
        <Button look={danger ? "danger sure" : "primary"} busy={task.busy} onClick={() => void sure()}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
