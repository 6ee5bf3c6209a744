import { defineConfig } from "vitest/config";
import { compressed } from "./build/compressed.ts";
import { xtermBounded } from "./build/xterm_bounds.ts";
import { xtermUnderCSP } from "./build/xterm_csp.ts";
import { xtermWhenHidden } from "./build/xterm_hidden.ts";

export default defineConfig({
  plugins: [xtermUnderCSP(), xtermWhenHidden(), xtermBounded(), compressed()],
  build: {
    target: "es2022",
    // Every asset is a file of its own, with a hash in its name, that the server lets be cached for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run dev` beside a `vsay serve`: the pages from here, all that they ask from there.
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: { include: ["src/**/*.test.ts", "build/**/*.test.ts"] },
});
