import type { ComponentChildren } from "preact";
import { Page } from "../../ui/page.tsx";
import { place } from "../../ui/router.ts";

/** People is the frame of the two pages of administrators. */
export function People({
  title,
  actions,
  children,
}: {
  title: string;
  actions: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <Page title={title} actions={actions}>
      <nav class="choices" aria-label="People">
        <Tab href="/admin/users">Accounts</Tab>
        <Tab href="/admin/invites">Invitations</Tab>
      </nav>
      {children}
    </Page>
  );
}

function Tab({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} aria-current={place.value.path === href ? "page" : undefined}>
      {children}
    </a>
  );
}
