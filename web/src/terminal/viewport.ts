/**
 * fillViewport has the terminals fill what of the window is seen. The keyboard of a telephone lies over a page without
 * making it smaller; the key bar has to be above it.
 */
export function fillViewport(): () => void {
  const seen = window.visualViewport;
  const root = document.documentElement;
  const fill = () => {
    if (!seen || seen.scale > 1.01) return; // somebody looks closer
    root.style.setProperty("--seen-height", `${seen.height}px`);
    root.style.setProperty("--seen-top", `${seen.offsetTop}px`);
  };
  fill();
  seen?.addEventListener("resize", fill);
  seen?.addEventListener("scroll", fill);
  return () => {
    seen?.removeEventListener("resize", fill);
    seen?.removeEventListener("scroll", fill);
    root.style.removeProperty("--seen-height");
    root.style.removeProperty("--seen-top");
  };
}
