import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const worthIt = new Set([".js", ".css", ".svg", ".wasm", ".json", ".webmanifest"]);

/** Writes a .br and a .gz beside each asset: compressed once here, and never by the server. */
export function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle: ({ dir = "dist" }) => compress(dir),
  };
}

/** Does so in a folder and all below it. */
export function compress(dir: string) {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !worthIt.has(extname(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: hint }));
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
