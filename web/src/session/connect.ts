import { ofAnswer, ofClose, WireError } from "../wire/error.ts";

/** Socket is what an attachment needs of an open WebSocket. */
export interface Socket {
  send(message: Uint8Array<ArrayBuffer>): void;

  /** close says whether this viewer leaves, or means to come back. */
  close(how: "leaving" | "back soon"): void;

  /** message is told each message, and closed once when no more will come. */
  message: (bytes: Uint8Array) => void;
  closed: (code: number, reason: string) => void;
}

/** Ask is what a ticket is asked for. */
export interface Ask {
  readonly machine: string;
  readonly session: string | undefined;
  readonly readOnly: boolean;
}

/** Connect is the way to a server. Both throw a WireError, and give up when signal says so. */
export interface Connect {
  /** ticket is good for one WebSocket, or for a Token frame. */
  ticket(ask: Ask, signal: AbortSignal): Promise<string>;

  /** open gives a WebSocket that speaks vsay.v1. */
  open(machine: string, ticket: string, signal: AbortSignal): Promise<Socket>;
}

/** ownServer is the server this page came from. It knows who asks by the cookie, which no script can read. */
export const ownServer: Connect = { ticket, open };

async function ticket(ask: Ask, signal: AbortSignal): Promise<string> {
  const answer = await fetch("/api/terminal/tickets", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      agent_id: ask.machine,
      session_id: ask.session ?? "",
      mode: ask.readOnly ? "read_only" : "control",
    }),
    cache: "no-store",
    signal,
  }).catch(() => {
    throw new WireError("unreachable");
  });
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw ofAnswer(answer, body);
  const given = (body as { ticket?: unknown } | null | undefined)?.ticket;
  if (typeof given !== "string" || given === "") throw new WireError("unreachable"); // something in between answered for the server
  return given;
}

function open(machine: string, ticket: string, signal: AbortSignal): Promise<Socket> {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const address = `${scheme}//${location.host}/api/terminal/${encodeURIComponent(machine)}/ws`;
  return opening(new WebSocket(address, ["vsay.v1", `vsay.t.${ticket}`]), signal);
}

/** opening waits until a WebSocket is open. A page is not told why one was refused: the ticket was there to ask. */
export function opening(ws: WebSocket, signal: AbortSignal): Promise<Socket> {
  ws.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      ws.close(backSoon);
      reject(new WireError("unreachable"));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    ws.onclose = (e) => {
      signal.removeEventListener("abort", giveUp);
      reject(e.code === 1006 ? new WireError("unreachable") : ofClose(e.code, e.reason));
    };
    ws.onopen = () => {
      signal.removeEventListener("abort", giveUp);
      resolve(new PageSocket(ws));
    };
  });
}

/** backSoon is a close code that means nothing: only 1000, and a tab that is closed, are a viewer that leaves. */
const backSoon = 4000;

class PageSocket implements Socket {
  message: (bytes: Uint8Array) => void = () => {};
  closed: (code: number, reason: string) => void = () => {};
  private readonly ws: WebSocket;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.onclose = (e) => this.closed(e.code, e.reason);
    ws.onmessage = (e) => {
      if (e.data instanceof ArrayBuffer) this.message(new Uint8Array(e.data));
      else this.message(new Uint8Array(0)); // a frame does not come as text: this one is none
    };
  }

  /** send does nothing once the WebSocket is closing: closed is about to be told. */
  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(message);
  }

  close(how: "leaving" | "back soon"): void {
    this.ws.close(how === "leaving" ? 1000 : backSoon);
  }
}
