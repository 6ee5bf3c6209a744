import { expect, test } from "vitest";
import type { Session, Viewer } from "../api/types.ts";
import { doing, watched } from "./session.ts";

const session: Session = {
  session_id: "s",
  name: "box:1",
  kind: "shell",
  agent_id: "a",
  machine_name: "box",
  username: "ann",
  status: "active",
  started_at: "2026-11-23T12:00:00Z",
  command: "",
  viewers: [],
  idle_seconds: null,
};
const viewer = (username: string) => ({ username }) as Viewer;

test("a session is busy with what it calls itself, or runs, and maybe for long with nothing", () => {
  expect(doing(session)).toBe("");
  expect(doing({ ...session, foreground: "vim", idle_seconds: 59 })).toBe("vim");
  expect(doing({ ...session, title: "notes", foreground: "vim", idle_seconds: 60 })).toBe(
    "notes · idle 1 min",
  );
  expect(doing({ ...session, title: "", foreground: "vim" })).toBe("vim");
  expect(doing({ ...session, kind: "exec", command: "make\u202e", title: "x" })).toBe("make\\u{202e}");
});

test("who watches is named once", () => {
  expect(watched(session)).toBe("nobody watches");
  expect(watched({ ...session, viewers: [viewer("ann"), viewer("bob"), viewer("ann")] })).toBe(
    "3 viewers: ann, bob",
  );
});
