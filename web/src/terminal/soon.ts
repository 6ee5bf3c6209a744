const messages = new MessageChannel();
const waiting: (() => void)[] = [];
messages.port1.onmessage = () => waiting.shift()?.();

/**
 * soon calls a function when the browser had its turn. xterm.js draws with it (build/xterm_hidden.ts): it would wait for timers, which
 * browsers let run once a minute in a tab that is hidden. A program whose output is not drawn stands still.
 */
export function soon(what: () => void): void {
  if (!document.hidden) {
    setTimeout(what);
    return;
  }
  waiting.push(what);
  messages.port2.postMessage(null);
}
