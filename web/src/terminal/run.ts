import { closePane, current, nextPane, openSpot, showTab, splitSpot, viewOf, workspace } from "./desk.ts";
import { enlarge } from "./settings.ts";
import type { Command } from "./shortcuts.ts";

/** Does is what the page itself does for a shortcut or a button. */
export interface Does {
  readonly open: () => void;
  readonly help: () => void;
  readonly find: () => void;
  readonly fullScreen: () => void;
  readonly leave: () => void;
}

/** run does what a shortcut is for. */
export function run(what: Command, does: Does) {
  commands[what](does);
}

const commands: Record<Command, (does: Does) => void> = {
  open: (d) => d.open(),
  help: (d) => d.help(),
  find: (d) => d.find(),
  "full screen": (d) => d.fullScreen(),
  leave: (d) => d.leave(),
  copy: () => {
    const pane = current.peek();
    if (pane) void viewOf(pane).copy();
  },
  fresh: (d) => here((machine) => openSpot({ machine, fresh: true }), d),
  "split row": (d) => here((machine) => splitSpot("row", { machine, fresh: true }), d),
  "split column": (d) => here((machine) => splitSpot("column", { machine, fresh: true }), d),
  "next pane": () => nextPane(),
  "next tab": () => showTab(workspace.peek().at + 1),
  "previous tab": () => showTab(workspace.peek().at - 1),
  close: () => {
    const pane = current.peek();
    if (pane) closePane(pane.id);
  },
  larger: () => enlarge(1),
  smaller: () => enlarge(-1),
  "first size": () => enlarge(0),
};

/** here does something with the machine of the pane with the focus; with none it asks which. */
function here(what: (machine: string) => void, does: Does) {
  const pane = current.peek();
  if (pane) what(pane.spot.machine);
  else does.open();
}
