import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { PlusIcon } from "../../ui/icons.tsx";
import { Page } from "../../ui/page.tsx";
import { place } from "../../ui/router.ts";
import { NewInvite } from "./new-invite.tsx";

interface Props {
  title: string;
  onInvited?: () => Promise<void>;
  children: ComponentChildren;
}

/** People is the frame of the two pages of administrators, who invite from either. */
export function People({ title, onInvited = async () => {}, children }: Props) {
  const [inviting, setInviting] = useState(false);
  const invite = (
    <Button look="primary" onClick={() => setInviting(true)}>
      <PlusIcon /> Invite somebody
    </Button>
  );
  return (
    <Page title={title} actions={invite}>
      <nav class="choices" aria-label="People">
        <Tab href="/admin/users">Accounts</Tab>
        <Tab href="/admin/invites">Invitations</Tab>
      </nav>
      {children}
      {inviting && <NewInvite onClose={() => setInviting(false)} onDone={onInvited} />}
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
