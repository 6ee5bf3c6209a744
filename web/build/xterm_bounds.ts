import type { Plugin } from "vite";
import { change, type Place } from "./xterm_csp.ts";

/**
 * The places in xterm.js where a few bytes from a program ask for work without end: a count of two thousand million lines is
 * done one by one, and the tab is dead for good, as after a reload the same bytes come again. They get the bounds of the
 * session's own model (internal/screen): what is more than the screen looks like a screenful.
 */
const places: readonly Place[] = [
  {
    // Lines and columns that are inserted, deleted or scrolled, and tabs.
    from: /(let \w+=)(\w+)\.params\[0\]\|\|1;/g,
    to: "$1Math.min($2.params[0]||1,Math.max(this._bufferService.cols,this._bufferService.rows));",
    times: 10,
  },
  {
    // REP, a character again so many times.
    from: /(let \w+=)(\w+)\.params\[0\]\|\|1(,\w+=\w+\.extractWidth\()/g,
    to: "$1Math.min($2.params[0]||1,this._bufferService.cols*this._bufferService.rows)$3",
    times: 1,
  },
  {
    // A million marks on one character, which are drawn again with each that is added.
    from: /(this\._combined\[\w+\])\+=(\w+\(\w+\))(?=:)/g,
    to: "[...$1].length>16||($1+=$2)",
    times: 1,
  },
];

/** Gives xterm.js those bounds, and fails the build when a new version does it otherwise. */
export function xtermBounded(): Plugin {
  return {
    name: "xterm-bounded",
    apply: "build",
    enforce: "pre",
    transform: (code, id) =>
      /@xterm\/xterm\/lib\/xterm\.mjs$/.test(id) ? { code: bounded(code), map: null } : null,
  };
}

/** bounded is xterm.js with those bounds. */
export function bounded(code: string): string {
  return change(code, places);
}
