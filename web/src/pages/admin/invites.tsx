import { useState } from "preact/hooks";
import { ask, path } from "../../api/request.ts";
import type { Invite } from "../../api/types.ts";
import { useAsked, useSignup } from "../../ui/asked.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { MailIcon } from "../../ui/icons.tsx";
import { Empty, Failure, Notice, Status } from "../../ui/notice.tsx";
import { shown } from "../../ui/text.ts";
import { Ago, now, Until } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.tsx";
import { People } from "./people.tsx";

/** InvitesPage is where administrators let people in. */
export function InvitesPage() {
  const list = useAsked<{ invites: Invite[] }>("/api/admin/invites");
  const signup = useSignup();
  const all = list.value?.invites;
  return (
    <People title="Invitations" onInvited={list.again}>
      <Failure of={list.error} />
      {signup === "closed" && (
        <Notice kind="warn">
          Signup is closed on this server: invitations do not count until it is started otherwise.
        </Notice>
      )}
      {signup === "open" && (
        <Notice>Signup is open on this server: people can make an account without being invited.</Notice>
      )}
      {all?.length === 0 && (
        <Empty title="Nobody is invited" icon={<MailIcon size={36} />}>
          <p>An invitation is a link that makes one account, once.</p>
        </Empty>
      )}
      {all && all.length > 0 && <Invites of={all} onChange={list.again} />}
    </People>
  );
}

function Invites({ of, onChange }: { of: Invite[]; onChange: () => Promise<void> }) {
  const [taking, setTaking] = useState<Invite>();
  const takeBack = async (i: Invite) => {
    await ask("DELETE", path`/api/admin/invites/${i.id}`);
    toast("The invitation is void");
    await onChange();
  };
  return (
    <div class="panel flush">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">State</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span class="unseen">Take back</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {of.map((i) => (
            <tr key={i.id}>
              <td>
                <strong>{i.email ? shown(i.email, 254) : "Whoever has the link"}</strong>
              </td>
              <td data-label="State">
                <State of={i} />
              </td>
              <td data-label="Made">
                <span>
                  <Ago at={i.created_at} />{" "}
                  <span class="soft">by {shown(i.created_by, 64) || "the server"}</span>
                </span>
              </td>
              <td class="right">{waits(i) && <Button onClick={() => setTaking(i)}>Take back</Button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {taking && (
        <Confirm
          title="Take the invitation back?"
          verb="Take it back"
          onClose={() => setTaking(undefined)}
          onSure={() => takeBack(taking)}
        >
          <p>Its link makes no account any more.</p>
        </Confirm>
      )}
    </div>
  );
}

function waits(i: Invite): boolean {
  return !i.used_at && (!i.expires_at || Date.parse(i.expires_at) > now.value);
}

function State({ of: i }: { of: Invite }) {
  if (i.used_at) {
    return (
      <Status is="good">
        <span>
          {shown(i.used_by, 64)} came <Ago at={i.used_at} />
        </span>
      </Status>
    );
  }
  if (!waits(i)) return <Status is="off">Ended</Status>;
  return (
    <Status is="warn">
      <span>
        Waits
        {i.expires_at && (
          <>
            , ends <Until at={i.expires_at} />
          </>
        )}
      </span>
    </Status>
  );
}
