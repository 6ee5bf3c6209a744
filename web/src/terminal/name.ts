import { shown } from "../ui/text.ts";
import { machineOf, sessionOf } from "./desk.ts";
import type { View } from "./view.ts";
import type { Pane } from "./workspace.ts";

/** nameOf says which session of which machine it is, as text to be seen. */
export function nameOf(pane: Pane, view: View): string {
  const machine = shown(machineOf(pane.spot)?.name ?? pane.spot.machine, 64);
  const name = sessionOf(pane.spot)?.name || view.name.value || pane.spot.name;
  return name ? `${machine}:${shown(name, 64)}` : machine;
}
