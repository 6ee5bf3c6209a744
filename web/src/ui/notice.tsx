import type { ComponentChildren } from "preact";
import { InfoIcon, MachineIcon, WarnIcon } from "./icons.tsx";

/** Notice says something that matters for what is on the page. */
export function Notice({
  kind = "info",
  children,
}: {
  kind?: "info" | "warn" | "bad";
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === "bad" ? "alert" : "note"}>
      {kind === "info" ? <InfoIcon /> : <WarnIcon />}
      <div class="grow">{children}</div>
    </div>
  );
}

/** Failure is a Notice of what went wrong, if anything did. */
export function Failure({ of }: { of: string }) {
  return of ? <Notice kind="bad">{of}</Notice> : null;
}

interface EmptyProps {
  title: string;
  icon?: ComponentChildren;
  children?: ComponentChildren;
}

/** Empty stands where there is nothing yet, and says what to do about that. */
export function Empty({ title, icon, children }: EmptyProps) {
  return (
    <div class="empty">
      {icon ?? <MachineIcon size={36} />}
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Status is a dot with its word beside it. */
export function Status({
  is,
  children,
}: {
  is: "good" | "warn" | "bad" | "off";
  children: ComponentChildren;
}) {
  return <span class={`state ${is}`}>{children}</span>;
}
