import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CheckIcon, WarnIcon } from "./icons.tsx";

const toasts = signal<{ id: number; text: string; failed: boolean }[]>([]);
let last = 0;

/** toast says in passing that something was done, or that it failed. */
export function toast(text: string, failed = false) {
  const id = ++last;
  toasts.value = [...toasts.value, { id, text, failed }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((t) => t.id !== id);
  }, 4000);
}

/** Toasts is where they appear. It is there always, so that they are read aloud. */
export function Toasts() {
  const ref = useRef<HTMLDivElement>(null);
  const newest = toasts.value.at(-1)?.id;
  useEffect(() => {
    ref.current?.hidePopover();
    if (newest !== undefined) ref.current?.showPopover();
  }, [newest]);
  return (
    <div class="toasts" role="status" popover="manual" ref={ref}>
      {toasts.value.map((t) => (
        <div class="toast" key={t.id}>
          {t.failed ? <WarnIcon /> : <CheckIcon />}
          {t.text}
        </div>
      ))}
    </div>
  );
}
