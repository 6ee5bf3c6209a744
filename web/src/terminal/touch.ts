/** How fast a thrown screen gets slower, per ms, and when it stands still, in px per ms. */
const drag = 0.996;
const still = 0.02;

/**
 * touchScroll has a finger scroll a terminal. It turns the wheel, so that full-screen programs that want to know of it are
 * told, and others get their arrows.
 */
export function touchScroll(host: HTMLElement, reduced: () => boolean): void {
  let at: { x: number; y: number; time: number } | undefined;
  let speed = 0;
  let frame = 0;

  const turn = (y: number, x: number, by: number) => {
    const wheel = new WheelEvent("wheel", {
      deltaY: by,
      deltaMode: 0,
      clientX: x,
      clientY: y,
      bubbles: true,
      cancelable: true,
    });
    (host.querySelector(".xterm-screen") ?? host).dispatchEvent(wheel);
  };
  const stop = () => cancelAnimationFrame(frame);

  host.addEventListener(
    "touchstart",
    (e) => {
      stop();
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
      const by = at.y - finger.clientY;
      speed = by / Math.max(1, e.timeStamp - at.time);
      at = { x: finger.clientX, y: finger.clientY, time: e.timeStamp };
      turn(at.y, at.x, by);
      e.preventDefault(); // the page itself stays where it is
    },
    { passive: false },
  );
  host.addEventListener("touchend", (e) => {
    if (!at || reduced() || e.timeStamp - at.time > 60) return;
    const { x, y } = at;
    let last = performance.now();
    const glide = (now: number) => {
      const ms = now - last;
      last = now;
      turn(y, x, speed * ms);
      speed *= drag ** ms;
      if (Math.abs(speed) > still) frame = requestAnimationFrame(glide);
    };
    if (Math.abs(speed) > still * 5) frame = requestAnimationFrame(glide);
  });
}
