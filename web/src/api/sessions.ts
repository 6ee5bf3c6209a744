import { signal } from "@preact/signals";
import { ask, path } from "./request.ts";
import type { Session } from "./types.ts";

/** sessions are those that run on all machines, undefined until somebody asked. */
export const sessions = signal<Session[] | undefined>(undefined);

let asking: Promise<void> | undefined;

/** look asks what runs, and what it is busy with. Their machines are asked too, so it may take a second. */
export function look(): Promise<void> {
  asking ??= ask<{ sessions: Session[] }>("GET", "/api/terminal/sessions")
    .then((answer) => {
      sessions.value = answer.sessions;
    })
    .finally(() => {
      asking = undefined;
    });
  return asking;
}

/** forgetSessions is for when somebody else signs in. */
export function forgetSessions() {
  sessions.value = undefined;
}

/** end ends a session with all its processes. */
export async function end(id: string) {
  await ask("DELETE", path`/api/terminal/sessions/${id}`);
  sessions.value = sessions.value?.filter((s) => s.session_id !== id);
}
