/**
 * shown makes text of others fit to be seen: what steers a terminal or turns the order of letters is made visible, and
 * what is longer than max is cut. It is text still: it goes into text nodes and attributes, never into HTML.
 */
export function shown(text: string, max = 128): string {
  const letters = [...text.slice(0, 2 * max + 2)]; // of ten megabytes most are not looked at
  const cut = letters.length > max ? `${letters.slice(0, max - 1).join("")}…` : text;
  return cut.replace(unseen, visible);
}

// Controls, formats (bidirectional ones, zero widths) but for the joiner inside of emoji, other line ends, halves of pairs.
const unseen = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

function visible(c: string): string {
  const n = c.codePointAt(0) ?? 0;
  if (n < 0x20) return String.fromCodePoint(0x2400 + n);
  return n === 0x7f ? "␡" : `\\u{${n.toString(16)}}`;
}

/** count says how many there are of a thing: "1 session", "2 sessions". */
export function count(n: number, thing: string, things = `${thing}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? thing : things}`;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** span is a time in seconds, by its one or two largest parts. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < minute) return `${s} s`;
  if (s < hour) return `${Math.floor(s / minute)} min`;
  if (s < day) return parts(s, hour, "h", minute, "min");
  return parts(s, day, "d", hour, "h");
}

function parts(s: number, large: number, a: string, small: number, b: string): string {
  const rest = Math.floor((s % large) / small);
  return rest ? `${Math.floor(s / large)} ${a} ${rest} ${b}` : `${Math.floor(s / large)} ${a}`;
}

/** ago is how long ago a time was; now is of Date.now(). */
export function ago(at: string | Date, now: number): string {
  const s = (now - new Date(at).getTime()) / 1000;
  if (s < 10) return "just now";
  if (s < minute) return `${Math.floor(s)} s ago`;
  if (s < hour) return `${Math.floor(s / minute)} min ago`;
  if (s < day) return `${Math.floor(s / hour)} h ago`;
  return `${Math.floor(s / day)} d ago`;
}

/** until is how long it is to a time that is to come. */
export function until(at: string | Date, now: number): string {
  const s = (new Date(at).getTime() - now) / 1000;
  if (s <= 0) return "over";
  return `in ${s < 2 * day ? span(s) : `${Math.round(s / day)} d`}`;
}

/** local is a time by the clock of who looks, to the second. */
export function local(at: string | Date): string {
  const d = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** utc is the same by the clock of servers. */
export function utc(at: string | Date): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
