import type { Terminal } from "@xterm/xterm";

/** What pictures in one terminal may take: megabytes kept, pixels of one, bytes of one as it comes. */
const limits = {
  storageLimit: 32,
  pixelLimit: 4 << 20,
  sixelSizeLimit: 8 << 20,
  iipSizeLimit: 8 << 20,
};

/** Pixels of sixel pictures that one terminal may draw at once, and in each second. */
const most = 16 << 20;
const eachSecond = 8 << 20;

/** showPictures has a terminal show pictures (sixel, iTerm's). It is fetched when the browser has nothing else to do. */
export function showPictures(terminal: Terminal, gone: () => boolean) {
  const load = async () => {
    const { ImageAddon } = await import("@xterm/addon-image");
    if (gone()) return;
    terminal.loadAddon(new ImageAddon(limits));
    const budget = new Budget();
    // The newest handler is asked first, and what it takes the addon does not draw.
    terminal.parser.registerDcsHandler(
      { final: "q" },
      (data) => !budget.takes(area(data), performance.now()),
    );
  };
  const whenIdle = globalThis.requestIdleCallback ?? ((f: () => void) => setTimeout(f, 500));
  whenIdle(() => void load().catch(() => {})); // without it there are no pictures, which is no reason to stop
}

/** area is how many pixels a sixel picture may have: what it says in the beginning, or else as many as its data can draw. */
export function area(data: string): number {
  const said = /"\d*;\d*;(\d{1,9});(\d{1,9})/.exec(data.slice(0, 1024));
  const pixels = said ? Number(said[1]) * Number(said[2]) : data.length * 1000;
  return Math.min(pixels, limits.pixelLimit);
}

/**
 * Budget is for pictures that are larger than what tells of them: forty bytes are four million pixels, which take a tenth
 * of a second. It has no clock of its own; times are in ms.
 */
export class Budget {
  private left = most;
  private since = 0;

  /** takes says whether there is room for so many pixels now, and takes it. */
  takes(pixels: number, now: number): boolean {
    this.left = Math.min(most, this.left + ((now - this.since) * eachSecond) / 1000);
    this.since = now;
    if (pixels > this.left) return false;
    this.left -= pixels;
    return true;
  }
}
