import { signal } from "@preact/signals";
import { ago, local, until, utc } from "./text.ts";

/** now ticks, so that "3 min ago" stays true. In milliseconds, as Date.now(). */
export const now = signal(Date.now());

if (typeof document !== "undefined") {
  const tick = () => {
    if (!document.hidden) now.value = Date.now();
  };
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", tick);
}

/** Ago is a time by how long ago it was; the time itself is its tooltip. */
export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${local(at)} · ${utc(at)}`}>
      {ago(at, now.value)}
    </time>
  );
}

/** Until is a time that is to come. */
export function Until({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${local(at)} · ${utc(at)}`}>
      {until(at, now.value)}
    </time>
  );
}

/** Clock is a time to the second. */
export function Clock({ at, inUTC }: { at: string; inUTC: boolean }) {
  return (
    <time dateTime={at} title={inUTC ? local(at) : utc(at)}>
      {inUTC ? utc(at) : local(at)}
    </time>
  );
}
