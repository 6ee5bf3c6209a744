/** How long a command has to run before its end is worth a word, and how long its output has to be quiet, in ms. */
const long = 10_000;
export const quiet = 2_000;

/** shells are what has the terminal when no command does. */
const shells = new Set(
  "bash zsh fish sh dash ash ksh mksh tcsh csh nu elvish xonsh pwsh powershell busybox login".split(" "),
);

/** Word is what somebody who looks elsewhere is told about a session. */
export type Word = "finished" | "bell";

/**
 * Watch decides when somebody who does not look at a session is told about it: when a program rings the bell, or when what
 * was started more than ten seconds ago seems to be done, once each time Enter was pressed. It has no clock of its own.
 */
export class Watch {
  private entered: number | undefined; // when Enter was last pressed, and nothing told since
  private last = 0; // when output last came
  private rang = 0;

  /** typed is told what was typed. */
  typed(keys: string, now: number) {
    if (keys.includes("\r")) this.entered = now;
  }

  /** output is told that some came. */
  output(now: number) {
    this.last = now;
  }

  /** looked is told that somebody sees the session: what is over by now is no news any more. */
  looked(now: number) {
    if (this.entered !== undefined && now - this.entered >= long && now - this.last >= quiet)
      this.entered = undefined;
  }

  /** bell says whether to tell of one: not of each in a row. */
  bell(seen: boolean, now: number): boolean {
    const tell = !seen && now - this.rang >= long;
    if (tell) this.rang = now;
    return tell;
  }

  /** due says whether it is time to ask what the session is busy with: a long command has put out its last for now. */
  due(seen: boolean, now: number): boolean {
    if (seen || this.entered === undefined) return false;
    return this.last - this.entered >= long && now - this.last >= quiet;
  }

  /** finished says whether to tell of an end, and tells once. Foreground is what has the terminal, where that is known. */
  finished(foreground: string | undefined, seen: boolean, now: number): boolean {
    if (!this.due(seen, now) || !atPrompt(foreground)) return false;
    this.entered = undefined;
    return true;
  }
}

/** atPrompt says whether no command runs; of a machine that does not tell, that is believed. */
export function atPrompt(foreground: string | undefined): boolean {
  return !foreground || shells.has(foreground.replace(/^-/, ""));
}
