/**
 * WireError is one failure in every place it can show up, as in internal/wire/error.go: a code for programs, a
 * sentence for people. Of HTTP answers it has the status and, in milliseconds, how long to wait.
 */
export class WireError extends Error {
  readonly code: string;
  readonly retryAfter: number;

  constructor(code: string, message?: string, retryAfter = 0) {
    super(message || sentences.get(code) || "something went wrong: try again");
    this.name = "WireError";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** sentences are those of the codes that a page can meet, for where none came along. */
const sentences = new Map([
  ["bad_request", "the request makes no sense"],
  ["protocol", "the other end sent something that makes no sense: load this page again"],
  ["unauthorized", "not signed in: sign in again"],
  ["reauth_required", "this login is too old to be extended: sign in again"],
  ["forbidden", "not allowed"],
  ["pending", "this machine waits until its owner lets it in"],
  ["uninvited", "signup is by invitation on this server: ask an administrator for one"],
  ["method", "this address does not take that"],
  ["not_json", "the other end takes JSON only"],
  ["not_found", "no such thing, or it is not yours"],
  ["taken", "already taken"],
  ["too_large", "that is too large"],
  ["slow_down", "too many tries: wait a little"],
  ["internal", "something went wrong on the server; its log has the details"],
  ["offline", "machine is offline"],
  ["unavailable", "the server is busy or starting: try again"],
  ["link_lost", "the link to the session broke"],
  ["gone", "that session has ended"],
  ["superseded", "another viewer took this session over"],
  ["unreachable", "cannot reach the server"],
]);

/** closeCodes are those of a WebSocket, each with the first error that has it. */
const closeCodes = new Map([
  [1008, "protocol"],
  [1009, "too_large"],
  [1011, "internal"],
  [1012, "link_lost"],
  [1013, "unavailable"],
  [4400, "bad_request"],
  [4401, "unauthorized"],
  [4403, "forbidden"],
  [4404, "not_found"],
  [4409, "taken"],
  [4429, "slow_down"],
  [4503, "offline"],
]);

/** statuses are those of HTTP, likewise. */
const statuses = new Map([
  [400, "bad_request"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "taken"],
  [413, "too_large"],
  [429, "slow_down"],
  [500, "internal"],
  [503, "unavailable"],
]);

/** ofClose is the error behind a close code and its reason, which is an error's code. */
export function ofClose(code: number, reason: string): WireError {
  return new WireError(sentences.has(reason) ? reason : (closeCodes.get(code) ?? "link_lost"));
}

/** ofAnswer is the error behind an HTTP answer and its body, if that was JSON: what the server says, else what its status does. */
export function ofAnswer(answer: Response, body: unknown): WireError {
  const code = answer.headers.get("Vsay-Error") || (statuses.get(answer.status) ?? "internal");
  const said = (body as { error?: unknown } | null | undefined)?.error;
  const wait = Number(answer.headers.get("Retry-After")); // seconds; the server sends no dates
  return new WireError(code, typeof said === "string" ? said : "", wait > 0 ? wait * 1000 : 0);
}

/** asError makes a WireError of whatever was thrown. */
export function asError(thrown: unknown): WireError {
  return thrown instanceof WireError ? thrown : new WireError("unreachable");
}
