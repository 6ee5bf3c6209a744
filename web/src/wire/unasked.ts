/**
 * Unasked takes out of output what terminals answer by typing: output before Opened.missed passes through here, for
 * nobody waits for those answers, and they would be typed into whatever runs now. The output comes in pieces: a
 * sequence that is not whole yet is held back. It is the brother of internal/wire/unasked.go, and held to it by vectors.
 */
export class Unasked {
  private held = new Uint8Array(0);

  /**
   * quiet leaves out besides what calls somebody or sets the clipboard: of output from before this viewer came, none
   * of that is for now.
   */
  quiet = false;

  /** rest is what was held back, for what follows is not filtered. */
  rest(): Uint8Array {
    const rest = this.held;
    this.held = new Uint8Array(0);
    return rest;
  }

  /** filter gives what of the next piece is to be shown. */
  filter(piece: Uint8Array): Uint8Array {
    const p = join(this.rest(), piece);
    const kept = new Uint8Array(p.length);
    let n = 0;
    for (let at = 0; at < p.length; ) {
      const first = p[at];
      const { len, whole }: Sequence = first === esc || first === 0xc2 ? sequence(p, at) : plain;
      if (!whole && len < mostHeld) {
        this.held = p.slice(at);
        break;
      }
      if (first !== enq && !asks(p, at, len) && !(this.quiet && calls(p, at, len))) {
        kept.set(p.subarray(at, at + len), n);
        n += len;
      }
      at += len;
    }
    return kept.subarray(0, n);
  }
}

const esc = 0x1b;
const enq = 0x05; // a question by itself
const plain = { len: 1, whole: true };

/** mostHeld bounds what is held back, in bytes. No question is that long. */
const mostHeld = 4 << 10;

interface Sequence {
  readonly len: number;
  readonly whole: boolean;
}

/**
 * sequence is how long the one that begins at `at` is, and whether it is whole. C1 controls, which UTF-8 has as two
 * bytes, begin one as their ESC does.
 */
function sequence(p: Uint8Array, at: number): Sequence {
  if (p.length - at < 2) return { len: p.length - at, whole: false };
  switch (opener(p, at)) {
    case "[":
      return until(p, at, (b) => b >= 0x40 && b <= 0x7e);
    case "]":
      return until(p, at, (b) => b === 0x07);
    case "P":
    case "X":
    case "^":
    case "_":
      return until(p, at, () => false);
  }
  return p[at] === esc && p[at + 1] === esc ? plain : { len: 2, whole: true };
}

/** opener is the second byte of a sequence in its form with ESC; empty: it is none. */
function opener(p: Uint8Array, at: number): string {
  const second = p[at + 1] ?? 0;
  if (p[at] === esc) return String.fromCharCode(second);
  return second >= 0x80 && second < 0xa0 ? String.fromCharCode(second - 0x40) : "";
}

/** until finds the end of a sequence. It ends as well with ST, with CAN and SUB, and where another one begins. */
function until(p: Uint8Array, at: number, last: (b: number) => boolean): Sequence {
  for (let i = at + 2; i < p.length; i++) {
    const b = p[i] ?? 0;
    if (last(b) || b === 0x18 || b === 0x1a || (b === 0x9c && p[i - 1] === 0xc2)) {
      return { len: i + 1 - at, whole: true };
    }
    if (b !== esc) continue;
    if (i + 1 === p.length) return { len: p.length - at, whole: false };
    return { len: (p[i + 1] === 0x5c ? i + 2 : i) - at, whole: true };
  }
  return { len: p.length - at, whole: false };
}

/** asks tells whether some terminal answers a sequence. */
function asks(p: Uint8Array, at: number, len: number): boolean {
  if (len < 2 || (p[at] !== esc && p[at] !== 0xc2)) return false;
  const body = p.subarray(at + 2, at + len);
  switch (opener(p, at)) {
    case "Z":
      return true;
    case "[":
      return body.length > 0 && csiAsks(latin1(body.subarray(0, -1)), latin1(body.subarray(-1)));
    case "]":
      return fields(latin1(body)).includes("?");
    case "P":
      return /^[$+]q/.test(latin1(body.subarray(0, 2)));
    case "_":
      return body[0] === 0x47; // G, pictures: a terminal says whether it got them
  }
  return false;
}

/**
 * csiAsks is asks for a control sequence: device attributes, status, terminal parameters; modes, version, keyboard,
 * checksums, presentation; the window.
 */
function csiAsks(params: string, final: string): boolean {
  switch (final) {
    case "c":
    case "x":
      return !/[$*]/.test(params);
    case "n":
      return !params.startsWith(">"); // which sets a mode of the keyboard
    case "p":
    case "w":
      return params.endsWith("$");
    case "q":
      return params.startsWith(">");
    case "u":
      return params.startsWith("?") || /[$&]$/.test(params);
    case "m":
    case "S":
    case "g":
      return params.startsWith("?");
    case "y":
      return params.endsWith("*");
    case "t":
      return /^(?:11|13|14|15|16|18|19|20|21)(?:;|$)/.test(params);
  }
  return false;
}

/** fields are those of an operating system command, without what ended it. */
function fields(body: string): string[] {
  let end = body.length;
  for (;;) {
    if (end > 0 && "\x07\x1b\\".includes(body.charAt(end - 1))) end--;
    else if (body.endsWith("\xc2\x9c", end)) end -= 2;
    else break;
  }
  return body.slice(0, end).split(";");
}

/** calls tells whether a sequence rings, notifies or writes the clipboard. */
function calls(p: Uint8Array, at: number, len: number): boolean {
  if (p[at] === 0x07) return true;
  return len > 2 && opener(p, at) === "]" && /^(?:9|52|99|777);/.test(latin1(p.subarray(at + 2, at + 6)));
}

/** latin1 has one character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return text;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
