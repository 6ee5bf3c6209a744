import type { Session } from "../api/types.ts";
import { count, shown, span } from "./text.ts";

/** doing is what a session is busy with, in a few words. */
export function doing(s: Session): string {
  const what = s.kind === "exec" ? s.command : s.title || s.foreground || "";
  const idle = s.idle_seconds !== null && s.idle_seconds >= 60 ? `idle ${span(s.idle_seconds)}` : "";
  return [shown(what, 80), idle].filter(Boolean).join(" · ");
}

/** watched is who watches a session. */
export function watched(s: Session): string {
  if (s.viewers.length === 0) return "nobody watches";
  const names = [...new Set(s.viewers.map((v) => shown(v.username, 40)))];
  return `${count(s.viewers.length, "viewer")}: ${names.join(", ")}`;
}
