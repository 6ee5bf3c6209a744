import type { Terminal } from "@xterm/xterm";

/** How fast a thrown screen gets slower, per ms, and when it stands still, in px per ms. */
const drag = 0.996;
const still = 0.02;

/** A finger that rests this long, in ms, before it is lifted throws nothing. */
const rest = 60;

/** touchScroll has a finger scroll a terminal, and throw it unless moving pictures are not wanted. */
export function touchScroll(terminal: Terminal, host: HTMLElement, calm: () => boolean): void {
  let at: { x: number; y: number; time: number } | undefined;
  let speed = 0; // in px per ms, up
  let frame = 0;
  const lines = new Lines();

  const scroll = (px: number, x: number, y: number) => {
    const height = (host.querySelector(".xterm-screen")?.clientHeight ?? 0) / terminal.rows;
    if (height > 0) move(terminal, host, lines.take(px / height / linesOfAStep(terminal)), x, y);
  };
  host.addEventListener(
    "touchstart",
    (e) => {
      cancelAnimationFrame(frame);
      const finger = e.touches.length === 1 ? e.touches[0] : undefined;
      at = finger && { x: finger.clientX, y: finger.clientY, time: e.timeStamp };
      speed = 0;
    },
    { passive: true },
  );
  host.addEventListener(
    "touchmove",
    (e) => {
      const finger = e.touches[0];
      if (!at || !finger) return;
      const px = at.y - finger.clientY;
      speed = px / Math.max(1, e.timeStamp - at.time);
      at = { x: finger.clientX, y: finger.clientY, time: e.timeStamp };
      scroll(px, at.x, at.y);
      e.preventDefault(); // the page itself stays where it is
    },
    { passive: false },
  );
  host.addEventListener("touchend", (e) => {
    if (!at || calm() || e.timeStamp - at.time > rest || Math.abs(speed) < still) return;
    const { x, y } = at;
    let last = performance.now();
    const glide = (now: number) => {
      const ms = Math.max(0, now - last);
      last = now;
      scroll(speed * ms, x, y);
      speed *= drag ** ms;
      if (Math.abs(speed) > still) frame = requestAnimationFrame(glide);
    };
    frame = requestAnimationFrame(glide);
  });
}

/** linesOfAStep is how far a step of the wheel goes: programs that watch the mouse take it for three lines. */
function linesOfAStep(terminal: Terminal): number {
  return terminal.modes.mouseTrackingMode === "none" ? 1 : 3;
}

/** Lines makes whole lines of a movement, and keeps the rest for the next. */
export class Lines {
  private rest = 0;

  take(lines: number): number {
    if (Math.sign(lines) !== Math.sign(this.rest)) this.rest = 0;
    const all = this.rest + lines;
    const whole = Math.trunc(all);
    this.rest = all - whole;
    return whole;
  }
}

/** move scrolls, or turns the wheel for a full-screen program: it is told of it, or gets arrows. */
function move(terminal: Terminal, host: HTMLElement, lines: number, x: number, y: number) {
  if (lines === 0) return;
  if (terminal.buffer.active.type === "normal" && terminal.modes.mouseTrackingMode === "none") {
    terminal.scrollLines(lines);
    return;
  }
  const screen = host.querySelector(".xterm-screen") ?? host;
  for (let i = 0; i < Math.abs(lines); i++) {
    const deltaY = Math.sign(lines);
    const { DOM_DELTA_LINE: deltaMode } = WheelEvent;
    screen.dispatchEvent(
      new WheelEvent("wheel", { deltaY, deltaMode, clientX: x, clientY: y, bubbles: true, cancelable: true }),
    );
  }
}
