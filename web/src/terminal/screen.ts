import { ClipboardAddon } from "@xterm/addon-clipboard";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITerminalOptions, Terminal } from "@xterm/xterm";
import { maySet, mostCopied } from "./clipboard.ts";
import { maxLink } from "./link.ts";
import { fontFamily, type Settings } from "./settings.ts";
import { themeOf } from "./theme.ts";

/** Wishes are what a remote program or a click on its output asks for; a person decides. */
export interface Wishes {
  /** link is told an address that was clicked on. */
  link(address: string): void;

  /** clipboard is told a text that a program wants to be in the clipboard. */
  clipboard(text: string): void;
}

/** Screen is xterm.js with what vsay adds to it. */
export interface Screen {
  readonly terminal: Terminal;
  readonly fit: FitAddon;
  readonly search: SearchAddon;
}

Terminal.strings.promptLabel = "Terminal input";

/** makeScreen makes one; it is drawn once it is opened in an element. */
export function makeScreen(s: Settings, dark: boolean, wishes: Wishes): Screen {
  const activate = (_: MouseEvent, address: string) => wishes.link(address);
  const terminal = new Terminal({
    ...look(s, dark),
    allowProposedApi: true, // the width of characters and the marks of found text are "proposed" as ever
    allowTransparency: false,
    altClickMovesCursor: false, // it types arrows, which no other terminal does
    linkHandler: { activate, allowNonHttpProtocols: false },
    logLevel: "off",
  });
  const [fit, search, widths] = [new FitAddon(), new SearchAddon(), new Unicode11Addon()];
  for (const addon of [fit, search, widths]) terminal.loadAddon(addon);
  terminal.unicode.activeVersion = "11"; // emoji have two columns, as in the session's own model
  terminal.loadAddon(new WebLinksAddon(activate));
  clipboard(terminal, wishes);
  // An address that is too long to be opened is not kept either: each cell may have one of megabytes.
  terminal.parser.registerOscHandler(8, (data) => data.length > maxLink + 100);
  return { terminal, fit, search };
}

/** look is what settings can change at any time. */
export function look(s: Settings, dark: boolean): ITerminalOptions {
  return {
    theme: themeOf(s.palette, dark),
    fontFamily: fontFamily(s.font),
    fontSize: s.size,
    cursorStyle: s.cursor,
    cursorBlink: s.blink,
    scrollback: s.scrollback,
    minimumContrastRatio: s.readable ? 4.5 : 1,
    screenReaderMode: s.screenReader,
  };
}

/** clipboard lets a program ask to set the clipboard (OSC 52). To ask what is in it is never answered. */
function clipboard(terminal: Terminal, wishes: Wishes) {
  const writeText = (_: string, text: string) => {
    if (text && text.length <= mostCopied) wishes.clipboard(text);
  };
  terminal.loadAddon(new ClipboardAddon(undefined, { readText: () => "", writeText }));
  // The newest handler is asked first: this one swallows the question, which the addon would answer.
  terminal.parser.registerOscHandler(52, (data) => !maySet(data));
}
