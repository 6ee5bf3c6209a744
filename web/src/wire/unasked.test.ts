import { expect, test } from "vitest";
import { Unasked } from "./unasked.ts";
import { bytes, hex, text, vectors } from "./vectors.ts";

const v = vectors<{ left_out: string[]; stays: string[]; stays_too: string[] }>("unasked");

/** pieces is what is shown of some output that comes in pieces. */
function pieces(all: Uint8Array, cuts: number[], u = new Unasked()): Uint8Array {
  const shown: number[] = [];
  let from = 0;
  for (const to of [...cuts, all.length]) {
    shown.push(...u.filter(all.slice(from, to)));
    from = to;
  }
  return Uint8Array.from([...shown, ...u.rest()]);
}

test.each(v.left_out)("a question is left out, wherever it is cut: %j", (asks) => {
  const around = `text\x1b[1m${asks}moré\x1b]0;ti?tle\x07\r\n`;
  const all = bytes(around);
  for (let cut = 0; cut < all.length; cut++) {
    expect(text(pieces(all, [cut]))).toBe(around.replace(asks, ""));
  }
});

const long = `\x1b]52;c;${"A".repeat(5000)}`.repeat(2);
test.each([...[...v.stays, long].map(bytes), ...v.stays_too.map(hex)])(
  "other output stays as it is",
  (all) => {
    const everywhere = Array.from(all, (_, i) => i);
    expect(pieces(all, everywhere)).toEqual(all);
    expect(pieces(all, [])).toEqual(all);
  },
);

test("of before this viewer came, nothing rings, notifies or fills the clipboard", () => {
  const u = new Unasked();
  u.quiet = true;
  const all = bytes(
    "a\x07b\x1b]52;c;aGk=\x07c\x1b]9;done\x1b\\d\x1b]777;notify;x;y\x07e\x1b]0;title\x07f\x1b]99;;x\x07",
  );
  for (let cut = 0; cut < all.length; cut++)
    expect(text(pieces(all, [cut], u))).toBe("abcde\x1b]0;title\x07f");
});
