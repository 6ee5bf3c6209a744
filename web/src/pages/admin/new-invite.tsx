import { useState } from "preact/hooks";
import { ask } from "../../api/request.ts";
import type { Invite } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, FormDialog } from "../../ui/dialog.tsx";
import { Choice, Field, value } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Until } from "../../ui/time.tsx";

const day = 24 * 60 * 60; // seconds
const lives: readonly (readonly [`${number}`, string])[] = [
  [`${day}`, "A day"],
  [`${3 * day}`, "3 days"],
  [`${14 * day}`, "2 weeks"],
];

interface Props {
  onClose: () => void;
  onDone: () => Promise<void>;
}

/** NewInvite makes an invitation and shows its link, this once. */
export function NewInvite({ onClose, onDone }: Props) {
  const [life, setLife] = useState<`${number}`>(`${3 * day}`);
  const [made, setMade] = useState<Invite>();
  const invite = async (form: HTMLFormElement) => {
    const email = value(form, "email").trim();
    const body = { expires_in: Number(life), ...(email ? { email } : {}) };
    setMade((await ask<{ invite: Invite }>("POST", "/api/admin/invites", body)).invite);
    await onDone();
  };
  if (made) return <Made invite={made} onClose={onClose} />;
  return (
    <FormDialog title="Invite somebody" verb="Make the link" onSubmit={invite} onClose={onClose}>
      <Field
        label="Email"
        name="email"
        type="email"
        autocomplete="off"
        hint="Then the link is good for that address alone. Empty: for whoever has it."
      />
      <div class="field">
        <span class="label">Good for</span>
        <div>
          <Choice label="Good for" name="life" value={life} of={lives} onChoose={setLife} />
        </div>
      </div>
    </FormDialog>
  );
}

function Made({ invite, onClose }: { invite: Invite; onClose: () => void }) {
  return (
    <Dialog title="Send them this link" onClose={onClose}>
      <Code text={`${location.origin}/invite#${invite.code ?? ""}`} what="the link" />
      <Notice kind="warn">
        It is shown only now, and makes one account{invite.email && ` for ${invite.email}`}. It ends{" "}
        {invite.expires_at && <Until at={invite.expires_at} />}. Send it by a way that only they read.
      </Notice>
      <div class="row end">
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
