import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compress } from "./compressed.ts";

test("each asset has a .br and a .gz that say the same", () => {
  const dir = mkdtempSync(join(tmpdir(), "compressed-"));
  try {
    const script = "let a = 1;\n".repeat(1000);
    writeFileSync(join(dir, "a.js"), script);
    writeFileSync(join(dir, "b.png"), "a picture is small already");
    compress(dir);
    expect(readdirSync(dir).sort()).toEqual(["a.js", "a.js.br", "a.js.gz", "b.png"]);
    expect(brotliDecompressSync(readFileSync(join(dir, "a.js.br"))).toString()).toBe(script);
    expect(gunzipSync(readFileSync(join(dir, "a.js.gz"))).toString()).toBe(script);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
