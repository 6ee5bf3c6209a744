import { WireError } from "./error.ts";

/** version is that of the frames' contents. Ends may differ by one. */
export const version = 2;

/** Open asks for a session; internal/wire/body.go says what each member means. */
export interface Open {
  version: number;
  session?: string;
  name?: string;
  new?: boolean;
  spec: Spec;
  attachment: string;
  generation: number;
  output_from?: number;
  window: number;
  history?: number;
  redraw?: boolean;
  read_only?: boolean;
  steal?: boolean;
  cols: number;
  rows: number;
  source: string;
}

/** Spec is what a session runs, if this Open starts one. */
export interface Spec {
  kind: "shell";
  tty: true;
  term: string;
  env: string[];
}

/** Opened is the session's answer to Open. */
export interface Opened {
  readonly session: string;
  readonly name: string;
  readonly fresh: boolean; // this Open created it
  readonly inputFrom: number; // the next byte of input the session waits for
  readonly window: number; // input that may be sent from there
  readonly missed: number; // output before it was put out while this viewer was away
}

/** Gap says that output from `from` up to `to` is gone. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Exit is how a program ended. */
export interface Exit {
  readonly code: number; // 128+n for signal n
  readonly signal: string; // its name, without SIG
  readonly error: string; // it did not start: one sentence
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** encode writes a body as JSON. */
export function encode(body: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body));
}

export function decodeOpened(payload: Uint8Array): Opened {
  const o = object(payload);
  return {
    session: text(o, "session"),
    name: text(o, "name"),
    fresh: o.fresh === true,
    inputFrom: count(o, "input_from"),
    window: count(o, "window"),
    missed: count(o, "missed"),
  };
}

export function decodeGap(payload: Uint8Array): Gap {
  const o = object(payload);
  return { from: count(o, "from"), to: count(o, "to") };
}

export function decodeExit(payload: Uint8Array): Exit {
  const o = object(payload);
  return { code: count(o, "code"), signal: text(o, "signal"), error: text(o, "error") };
}

/** decodeGoAway is after how many milliseconds to dial again. */
export function decodeGoAway(payload: Uint8Array): number {
  return count(object(payload), "after") * 1000;
}

/** decodeClose is why the other end closed a stream. */
export function decodeClose(payload: Uint8Array): WireError {
  if (payload.length === 0) return new WireError("link_lost");
  const o = object(payload);
  return new WireError(text(o, "code") || "link_lost", text(o, "error"));
}

/** object reads one JSON object. Members that are not known are ignored, since the other end may be newer. */
function object(payload: Uint8Array): Record<string, unknown> {
  let o: unknown;
  try {
    o = JSON.parse(utf8.decode(payload));
  } catch {
    throw new WireError("protocol");
  }
  if (typeof o !== "object" || o === null || Array.isArray(o)) throw new WireError("protocol");
  return o as Record<string, unknown>;
}

/** text is a member that is a string; one that is missing is empty. */
function text(o: Record<string, unknown>, name: string): string {
  const v = o[name] ?? "";
  if (typeof v !== "string") throw new WireError("protocol");
  return v;
}

/** count is a member that is a number of bytes or so; one that is missing is 0. */
function count(o: Record<string, unknown>, name: string): number {
  const v = o[name] ?? 0;
  if (typeof v !== "number" || !Number.isSafeInteger(Math.ceil(v)) || v < 0) throw new WireError("protocol");
  return v;
}
