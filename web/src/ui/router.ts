import { signal } from "@preact/signals";

/** Place is where somebody is. What is behind the # is no part of it: see pages/invite.tsx. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** place is where we are; pages that read it are drawn again when it changes. */
export const place = signal<Place>(here());

/**
 * led tells whether a page of another site led here, with nobody having asked this one for anything yet: such an address is
 * not the user's own. Whoever loads the page again means it.
 */
export function led(): boolean {
  const from = document.querySelector<HTMLMetaElement>("meta[name=came-from]")?.content;
  const [navigation] = performance.getEntriesByType("navigation");
  return (
    !went &&
    from === "ELSEWHERE" &&
    (navigation as PerformanceNavigationTiming | undefined)?.type === "navigate"
  );
}

/** went tells whether anybody has gone anywhere since the page was loaded. */
export let went = false;

function here(): Place {
  if (typeof location === "undefined") return { path: "/", query: new URLSearchParams() };
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** go goes to an address of this site. With replace the way back leads to where one was before. */
export function go(to: string, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  arrive();
  if (!replace) scrollTo(0, 0);
}

function arrive() {
  went = true;
  place.value = here();
}

/** listen takes over the links of the page, and the browser's way back and forth. */
export function listen() {
  addEventListener("popstate", arrive);
  document.addEventListener("click", (e) => {
    const to = e.defaultPrevented ? undefined : target(e);
    if (to === undefined) return;
    e.preventDefault();
    go(to);
  });
}

/** target is where a click leads inside of this site, if it is a plain one on a link. */
export function target(e: MouseEvent): string | undefined {
  if (e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return undefined;
  const a = e.target instanceof Element ? e.target.closest("a") : null;
  if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin) return undefined;
  if (a.getAttribute("href")?.startsWith("#")) return undefined;
  return a.pathname + a.search + a.hash;
}

/** match gives what an address has where a pattern has names: "/machines/:id" and "/machines/7" give {id: "7"}. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return undefined;
  const names: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const at = found[i] ?? "";
    if (!part.startsWith(":")) {
      if (part !== at) return undefined;
      continue;
    }
    const value = decoded(at);
    if (!value) return undefined;
    names[part.slice(1)] = value;
  }
  return names;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
