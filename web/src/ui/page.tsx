import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { went } from "./router.ts";
import { shown } from "./text.ts";

interface Props {
  title: string;
  actions?: ComponentChildren;
  narrow?: boolean;
  children: ComponentChildren;
}

/** Page is a page's frame: its title is the document's, and gets the focus when one has gone there. */
export function Page({ title, actions, narrow = false, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    const field = document.activeElement?.closest("main") ?? document.querySelector("main [autofocus]");
    if (went && !field) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class={narrow ? "page narrow" : "page"}>
      <div class="row page-head">
        <h1 ref={heading} tabIndex={-1} class="grow">
          {shown(title)}
        </h1>
        {actions}
      </div>
      {children}
    </div>
  );
}

/** useTitle names the document, as text that cannot play tricks. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${shown(title)} · vsay`;
  }, [title]);
}
