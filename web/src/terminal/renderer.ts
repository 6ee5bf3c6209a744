import type { WebglAddon } from "@xterm/addon-webgl";
import type { Terminal } from "@xterm/xterm";

/** fetched is the code for it, asked for as soon as there is a terminal. */
let fetched: Promise<typeof import("@xterm/addon-webgl")> | undefined;

function webgl() {
  fetched ??= import("@xterm/addon-webgl");
  return fetched;
}

/**
 * Renderer has a terminal drawn by the graphics card as long as there is one that does it. A browser has few contexts for
 * that and takes them away; then the terminal is drawn as text, until it is shown again.
 */
export class Renderer {
  private readonly terminal: Terminal;
  private webgl: WebglAddon | undefined;
  private loading: Promise<void> | undefined;
  private broken = false;
  private readonly changed: () => void;

  /** changed is told that a cell may have another size now. */
  constructor(terminal: Terminal, changed: () => void) {
    this.terminal = terminal;
    this.changed = changed;
    webgl().catch(() => {}); // show tells
  }

  /** show is for a terminal that begins to be seen. It is done when it is known how it is drawn. */
  show(): Promise<void> {
    if (this.webgl || this.broken) return Promise.resolve();
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  dispose() {
    this.broken = true;
  }

  private async load() {
    try {
      const { WebglAddon } = await webgl();
      if (this.broken) return;
      const addon = new WebglAddon();
      addon.onContextLoss(() => this.drop(addon));
      this.terminal.loadAddon(addon);
      this.webgl = addon;
      this.changed();
    } catch {
      this.broken = true; // there is no WebGL here: text it is
    }
  }

  private drop(addon: WebglAddon) {
    addon.dispose();
    if (this.webgl === addon) this.webgl = undefined;
    this.changed();
  }
}
