import { readFileSync } from "node:fs";

/** vectors are what both ends have to agree on: internal/wire has a test of its own for each. Only tests read them. */
export function vectors<T>(name: string): T {
  const file = new URL(`../../../internal/wire/testdata/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

/** hex is bytes written in hexadecimal. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** bytes are those of a text, and text is that of bytes. */
export const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
export const text = (b: Uint8Array): string => new TextDecoder().decode(b);
