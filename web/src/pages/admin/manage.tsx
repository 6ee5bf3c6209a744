import { useState } from "preact/hooks";
import { me, recall } from "../../api/account.ts";
import { ask, path } from "../../api/request.ts";
import type { AdminUser, PasswordReset } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { count, shown } from "../../ui/text.ts";
import { Until } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.tsx";

/** Act is something that can be done to an account. */
interface Act {
  readonly verb: string;
  readonly about: string;
  readonly done: string;
  readonly route: string; // behind the user's id; empty: DELETE
  readonly danger: boolean;
}

/** acts are what makes sense for an account as it is. */
export function acts(u: AdminUser): Act[] {
  const has = `${count(u.machines, "machine")} and ${count(u.sessions, "running session")}`;
  const disable = u.disabled
    ? act("Enable", "They can sign in again. What ended does not come back.", "Enabled", "/enable")
    : act(
        "Disable",
        "Signs them out, cuts their machines off and ends their running programs, at once.",
        "Disabled",
        "/disable",
        true,
      );
  const role = u.admin
    ? act(
        "Make an ordinary user",
        "They keep their account and machines.",
        "No administrator any more",
        "/demote",
      )
    : act(
        "Make an administrator",
        "They may do to accounts all that you may, to yours as well.",
        "An administrator now",
        "/promote",
      );
  return [
    role,
    act(
      "End all logins",
      "They have to sign in again everywhere. Their sessions run on.",
      "Signed out everywhere",
      "/revoke-all",
    ),
    act(
      "Reset the password",
      "Makes up a password that is good for one login, and ends all others.",
      "",
      "/reset-password",
    ),
    disable,
    act("Delete", `The account is removed, with its ${has}. This cannot be undone.`, "Deleted", "", true),
  ];
}

function act(verb: string, about: string, done: string, route: string, danger = false): Act {
  return { verb, about, done, route, danger };
}

interface Props {
  user: AdminUser;
  onClose: () => void;
  onChange: () => Promise<void>;
}

/** Manage is a dialog with all that can be done to an account. */
export function Manage({ user: u, onClose, onChange }: Props) {
  const [chosen, choose] = useState<Act>();
  const [reset, setReset] = useState<PasswordReset>();
  const run = async (a: Act) => {
    const at = path`/api/admin/users/${u.id}`;
    const answer = await ask<PasswordReset>(a.route ? "POST" : "DELETE", at + a.route);
    if (answer.password) setReset(answer);
    else toast(`${shown(u.username, 64)}: ${a.done}`);
    await onChange();
    if (u.id === me.value?.id) await recall();
  };
  if (reset) return <Made user={u} reset={reset} onClose={onClose} />;
  if (chosen) {
    const back = () => (chosen.route === "/reset-password" ? choose(undefined) : onClose());
    return (
      <Confirm
        title={`${chosen.verb}: ${shown(u.username, 64)}`}
        verb={chosen.verb}
        danger={chosen.danger}
        onClose={back}
        onSure={() => run(chosen)}
      >
        <p>{chosen.about}</p>
      </Confirm>
    );
  }
  return (
    <Dialog title={shown(u.username, 64)} onClose={onClose}>
      <p class="soft">{shown(u.email, 254)}</p>
      <ul class="acts">
        {acts(u).map((a) => (
          <li key={a.verb}>
            <Button look={a.danger ? "danger" : "plain"} onClick={() => choose(a)}>
              {a.verb}…
            </Button>
            <span class="small soft">{a.about}</span>
          </li>
        ))}
      </ul>
      <div class="row end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

/** Made shows a password that was made up, this once. */
function Made({ user: u, reset, onClose }: { user: AdminUser; reset: PasswordReset; onClose: () => void }) {
  return (
    <Dialog title={`A new password for ${shown(u.username, 64)}`} onClose={onClose}>
      <Code text={reset.password ?? ""} what="the new password" />
      <Notice kind="warn">
        It is shown only now. It signs in once
        {reset.expires_at && (
          <>
            , and ends <Until at={reset.expires_at} />
          </>
        )}
        ; then they choose one of their own under Account.
      </Notice>
      <div class="row end">
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
