import type { Machine } from "../../api/types.ts";
import { Status } from "../../ui/notice.tsx";
import { shown } from "../../ui/text.ts";
import { Ago } from "../../ui/time.tsx";

/** terminalOf is where a machine's terminal is, or that of one of its sessions. */
export function terminalOf(agent: string, session?: string): string {
  const at = `/terminal/${encodeURIComponent(agent)}`;
  return session ? `${at}?session=${encodeURIComponent(session)}` : at;
}

/** State is how a machine is. */
export function State({ of: m }: { of: Machine }) {
  if (m.status === "online") return <Status is="good">Online</Status>;
  if (m.status === "pending") return <Status is="warn">Waits for you</Status>;
  return <Status is="off">Offline</Status>;
}

/** Seen is when a machine was there last. */
export function Seen({ of: m }: { of: Machine }) {
  if (m.status === "online") return <>now</>;
  return m.last_active ? <Ago at={m.last_active} /> : <>never</>;
}

/** Meter is a percentage, in digits and drawn. */
export function Meter({ of: n }: { of: number }) {
  const level = n >= 90 ? "full" : n >= 75 ? "high" : "";
  return (
    <span class="meter">
      <span>{Math.round(n)} %</span>
      <span class={`bar ${level}`} aria-hidden="true">
        <span style={{ width: `${Math.min(100, Math.max(0, n))}%` }} />
      </span>
    </span>
  );
}

/** system is what a machine runs on, as its makers spell it. */
export function system(m: Machine): string {
  const os: Record<string, string> = {
    linux: "Linux",
    darwin: "macOS",
    windows: "Windows",
    freebsd: "FreeBSD",
  };
  return shown([os[m.os] ?? m.os, m.arch].filter(Boolean).join(" · "), 40);
}

/** Labels are what a machine can be chosen by. */
export function Labels({ of: m }: { of: Machine }) {
  return (
    <>
      {Object.entries(m.labels).map(([k, v]) => (
        <span class="tag" key={k}>
          {shown(v ? `${k}=${v}` : k, 60)}
        </span>
      ))}
    </>
  );
}
