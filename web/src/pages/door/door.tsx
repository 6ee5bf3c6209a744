import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Brand } from "../../app/brand.tsx";
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

/** value is what was typed into a field of a form. */
export function value(form: HTMLFormElement, name: string): string {
  const v = new FormData(form).get(name);
  return typeof v === "string" ? v : "";
}
