import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { change } from "./xterm_csp.ts";

/** What draws what was written waits for a timer, which has its turn once a minute in a tab that is hidden. */
const places = [
  { from: /\bsetTimeout\(\(\)=>this\._innerWrite\(\)\)/g, to: "vsaySoon(()=>this._innerWrite())", times: 2 },
];

const soon = fileURLToPath(new URL("../src/terminal/soon.ts", import.meta.url));

/** Has xterm.js draw in a hidden tab as well, so that what runs there does not stand still. */
export function xtermWhenHidden(): Plugin {
  return {
    name: "xterm-when-hidden",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/@xterm\/xterm\/lib\/xterm\.mjs$/.test(id)) return null;
      return { code: rewrite(code), map: null };
    },
  };
}

/** Changes exactly those places. */
export function rewrite(code: string): string {
  return `import{soon as vsaySoon}from${JSON.stringify(soon)};${change(code, places)}`;
}
