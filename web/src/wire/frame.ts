import { WireError } from "./error.ts";

/** kinds are those of a viewer's link; the table in internal/wire/doc.go says what each is. */
export const kinds = {
  open: 0x01,
  opened: 0x02,
  gap: 0x03,
  screen: 0x04,
  input: 0x05,
  inputEnd: 0x06,
  output: 0x07,
  stderr: 0x08,
  ack: 0x09,
  resize: 0x0a,
  signal: 0x0b,
  exit: 0x0c,
  close: 0x0d,
  ping: 0x20,
  pong: 0x21,
  token: 0x22,
  goAway: 0x24,
} as const;

/** Sizes in bytes: kind (1), stream (4), offset (8), then the payload of one frame at most. */
export const headerLen = 13;
export const maxPayload = 32 << 10;

/**
 * Frame is one message of a link. On the wire an offset has 64 bits; here it is a number, which is exact up to 2^53.
 * That is checked once, where frames are read: no session puts out nine petabytes, and one that says so is lying.
 */
export interface Frame {
  readonly kind: number;
  readonly stream: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

const nothing: Uint8Array = new Uint8Array(0);

/** frame makes one, with what is left out being 0 or empty. */
export function frame(kind: number, stream: number, offset = 0, payload = nothing): Frame {
  return { kind, stream, offset, payload };
}

/** encodeFrame is the frame as it travels. */
export function encodeFrame(f: Frame): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(headerLen + f.payload.length);
  const header = new DataView(message.buffer);
  header.setUint8(0, f.kind);
  header.setUint32(1, f.stream);
  header.setBigUint64(5, BigInt(f.offset));
  message.set(f.payload, headerLen);
  return message;
}

/** parseFrame reads one message. The payload is part of it, not a copy. */
export function parseFrame(message: Uint8Array): Frame {
  if (message.length < headerLen || message.length > headerLen + maxPayload) throw new WireError("protocol");
  const header = new DataView(message.buffer, message.byteOffset, headerLen);
  const offset = Number(header.getBigUint64(5));
  if (!Number.isSafeInteger(offset)) throw new WireError("protocol");
  return {
    kind: header.getUint8(0),
    stream: header.getUint32(1),
    offset,
    payload: message.subarray(headerLen),
  };
}

/** ackFrame says that everything before offset is done, and that window more bytes may be sent from there. */
export function ackFrame(stream: number, offset: number, window: number): Frame {
  const payload = new Uint8Array(4);
  view(payload).setUint32(0, window);
  return frame(kinds.ack, stream, offset, payload);
}

/** windowOf is what an Ack grants from its offset on. */
export function windowOf(f: Frame): number {
  return f.payload.length < 4 ? 0 : view(f.payload).getUint32(0);
}

/** resizeFrame carries a terminal's size in character cells. */
export function resizeFrame(stream: number, cols: number, rows: number): Frame {
  const payload = new Uint8Array(4);
  view(payload).setUint16(0, cols);
  view(payload).setUint16(2, rows);
  return frame(kinds.resize, stream, 0, payload);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
