import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AuditRecord } from "../../api/types.ts";
import { told } from "./told.ts";

function record(event: string, more: Partial<AuditRecord> = {}): AuditRecord {
  return { seq: 1, time: "2026-01-01T00:00:00Z", event, result: "ok", username: "ann", ...more };
}

test.each([
  [record("login"), "ann signed in"],
  [record("login failed", { username: "" }), "A wrong password for an unknown account"],
  [record("machine offline", { machine_name: "box" }), "box went offline"],
  [
    record("user promoted", { detail: { subject: "x", subject_name: "bob" } }),
    "ann made bob an administrator",
  ],
  [
    record("attach", {
      machine_name: "box",
      session_id: "ABCDEFGHIJ",
      detail: { read_only: "true", source: "ui" },
    }),
    "ann watches session ABCDEFGH on box from the browser",
  ],
  [
    record("detach", { machine_name: "box", session_id: "ABCDEFGHIJ", detail: { after: "1h2m3.5s" } }),
    "ann left session ABCDEFGH on box after 1 h 2 min",
  ],
  [record("detach", { machine_name: "box", detail: { after: "250ms" } }), "ann left a session on box"],
  [
    record("session started", { machine_name: "box", detail: { command: "rm -rf /tmp/x" } }),
    "ann ran rm -rf /tmp/x on box",
  ],
  [record("login failed", { detail: { more: "40" } }), "A wrong password for ann (and 40 times more)"],
  [record("machine changed", { machine_name: "box", detail: { from: "crate" } }), "ann renamed crate to box"],
  [
    record("machine changed", { machine_name: "box", detail: { from: "box" } }),
    "ann changed what is said of box",
  ],
  [record("an event of tomorrow"), "ann: an event of tomorrow"],
])("%j", (r, sentence) => {
  expect(told(r)).toBe(sentence);
});

test("what others named plays no tricks", () => {
  expect(told(record("machine online", { machine_name: "a\u202eb\x1b[2J" }))).toBe(
    "a\\u{202e}b␛[2J came online",
  );
});

test("every event that docs/audit.md names has a sentence", () => {
  const page = readFileSync(new URL("../../../../docs/audit.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const events = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? ""),
  );
  expect(events.length).toBeGreaterThan(40);
  const untold = events.filter((event) => told(record(event)) === `ann: ${event}`);
  expect(untold).toEqual([]);
});
