import type { Open } from "../wire/body.ts";
import type { Where } from "./view.ts";

/** openOf is what an Open says of which session is meant, and how it is watched. */
export function openOf(w: Where): Pick<Open, "spec" | "source"> & Partial<Open> {
  return {
    ...(w.session !== undefined && { session: w.session }),
    ...(w.session === undefined && w.name !== undefined && { name: w.name }),
    ...(w.session === undefined && w.fresh && { new: true }),
    ...(w.history !== undefined && { history: w.history }),
    ...(w.readOnly && { read_only: true }),
    spec: { kind: "shell", tty: true, term: "xterm-256color", env: ["COLORTERM=truecolor"] },
    source: "web",
  };
}
