/** Socket is what an attachment needs of an open WebSocket. */
export interface Socket {
  send(message: Uint8Array): void;
  close(): void;

  /** message is told each message, and closed once when there will be no more of them. */
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
