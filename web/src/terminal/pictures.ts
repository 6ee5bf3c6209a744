import type { Terminal } from "@xterm/xterm";

/** What pictures in one terminal may take: megabytes kept, pixels of one, bytes of one as it comes. */
const limits = {
  storageLimit: 32,
  pixelLimit: 4 << 20,
  sixelSizeLimit: 8 << 20,
  iipSizeLimit: 8 << 20,
};

/** showPictures has a terminal show pictures (sixel, iTerm's). It is fetched when the browser has nothing else to do. */
export function showPictures(terminal: Terminal, gone: () => boolean) {
  const load = async () => {
    const { ImageAddon } = await import("@xterm/addon-image");
    if (!gone()) terminal.loadAddon(new ImageAddon(limits));
  };
  const whenIdle = globalThis.requestIdleCallback ?? ((f: () => void) => setTimeout(f, 500));
  whenIdle(() => void load().catch(() => {})); // without it there are no pictures, which is no reason to stop
}
