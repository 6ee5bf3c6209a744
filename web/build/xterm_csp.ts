import type { Plugin } from "vite";

/** The places in xterm.js that a strict CSP stops, what they become, and how many there are of each. */
const places = [
  {
    // A <style> element needs the nonce of its page. Nonces are hidden from getAttribute, but not from .nonce.
    from: /([\w.]+)\.createElement\("style"\)/g,
    to: 'Object.assign($1.createElement("style"),{nonce:document.querySelector("meta[property=csp-nonce]")?.nonce??""})',
    times: 3,
  },
  {
    // A style attribute is refused whatever it says; what a script writes into .style is not.
    from: /(\w+)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{(\w+)\};`\)/g,
    to: "$1.style.cssText+=`$${$2};`",
    times: 1,
  },
];

/** What must not be left anywhere in what is built, other libraries included. */
const refused = /createElement\((["'`])style\1\)(?!,\{nonce)|setAttribute\((["'`])style\2/;

/** Has xterm.js work under `style-src 'nonce-…'`, and fails the build when a new version does it otherwise. */
export function xtermUnderCSP(): Plugin {
  return {
    name: "xterm-under-csp",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/@xterm\/xterm\/lib\/xterm\.mjs$/.test(id)) return null;
      return { code: rewrite(code), map: null };
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") inspect(file.code, file.fileName);
      }
    },
  };
}

/** Changes exactly those places. */
export function rewrite(code: string): string {
  return change(code, places);
}

/** Place is something in xterm.js that has to be otherwise, as often as it is there. */
export interface Place {
  readonly from: RegExp;
  readonly to: string;
  readonly times: number;
}

/** Changes places in xterm.js, and fails when a new version has others. */
export function change(code: string, places: readonly Place[]): string {
  for (const { from, to, times } of places) {
    const found = code.match(from)?.length ?? 0;
    if (found !== times) {
      throw new Error(
        `xterm.js has ${found} places like ${from} and not ${times}: see what it does now, and change web/build/xterm_*.ts`,
      );
    }
    code = code.replace(from, to);
  }
  return code;
}

/** Fails when something that is built would be refused by the pages' CSP. */
export function inspect(code: string, name: string) {
  const found = refused.exec(code);
  if (!found) return;
  const around = code.slice(Math.max(0, found.index - 60), found.index + 80);
  throw new Error(`${name} sets styles in a way that the pages' CSP refuses: …${around}…`);
}
