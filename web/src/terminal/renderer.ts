import type { WebglAddon } from "@xterm/addon-webgl";
import type { Terminal } from "@xterm/xterm";

/**
 * Renderer has a terminal drawn by the graphics card as long as there is one that does it. A browser has few contexts for
 * that and takes them away; then the terminal is drawn as text, until it is shown again.
 */
export class Renderer {
  private readonly terminal: Terminal;
  private webgl: WebglAddon | undefined;
  private loading = false;
  private broken = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** show is for a terminal that begins to be seen. */
  async show(): Promise<void> {
    if (this.webgl || this.loading || this.broken) return;
    this.loading = true;
    try {
      const { WebglAddon } = await import("@xterm/addon-webgl");
      const addon = new WebglAddon();
      addon.onContextLoss(() => this.drop(addon));
      this.terminal.loadAddon(addon);
      this.webgl = addon;
    } catch {
      this.broken = true; // there is no WebGL here: text it is
    } finally {
      this.loading = false;
    }
  }

  private drop(addon: WebglAddon) {
    addon.dispose();
    if (this.webgl === addon) this.webgl = undefined;
  }
}
