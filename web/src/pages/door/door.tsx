import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Brand } from "../../ui/brand.tsx";
import { useTitle } from "../../ui/page.tsx";

/** Door is the frame of pages for those who are not signed in. */
export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = ref.current?.querySelector<HTMLElement>("input:not([value]), input[value='']");
    (first ?? ref.current?.querySelector("h1"))?.focus();
  }, []);
  return (
    <div class="door" ref={ref}>
      <Brand />
      <div class="panel">
        <h1 tabIndex={-1}>{title}</h1>
        {children}
      </div>
    </div>
  );
}
