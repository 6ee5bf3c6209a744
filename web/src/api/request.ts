import { signal } from "@preact/signals";
import { ofAnswer, WireError } from "../wire/error.ts";

/** turnedAway counts the answers that said: not signed in. Who is signed in (api/account.ts) listens. */
export const turnedAway = signal(0);

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/**
 * ask sends a request to this server and gives what it answers. The cookie goes along by itself. Every failure is a
 * WireError; one that says that nobody is signed in is told to turnedAway as well.
 */
export async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await send(method, path, body, signal);
  const said = await answer.json().catch(() => undefined);
  if (answer.ok && said !== undefined) return said as T;
  const error = ofAnswer(answer, said);
  if (answer.status === 401 && error.message !== wrongPassword) turnedAway.value++;
  throw error;
}

const wrongPassword = "wrong email or password";

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { method, cache: "no-store", credentials: "same-origin", redirect: "error" };
  init.headers = { Accept: "application/json" };
  if (body !== undefined) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  if (signal) init.signal = signal;
  try {
    return await fetch(path, init);
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new WireError("unreachable");
  }
}

/** path puts values into an address, each as one part of it: path`/api/machines/${id}`. */
export function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1] ?? "") + part);
}
