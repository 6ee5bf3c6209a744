import { useState } from "preact/hooks";
import { me } from "../../api/account.ts";
import type { AdminUser } from "../../api/types.ts";
import { useAsked } from "../../ui/asked.ts";
import { Button } from "../../ui/button.tsx";
import { Failure, Status } from "../../ui/notice.tsx";
import { shown } from "../../ui/text.ts";
import { Ago } from "../../ui/time.tsx";
import { Manage } from "./manage.tsx";
import { People } from "./people.tsx";

/** UsersPage is where administrators see all accounts. */
export function UsersPage() {
  const list = useAsked<{ users: AdminUser[] }>("/api/admin/users");
  const [managing, setManaging] = useState<string>();
  const managed = list.value?.users.find((u) => u.id === managing);
  return (
    <People title="Accounts">
      <Failure of={list.error} />
      {list.value && (
        <div class="panel flush">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Who</th>
                <th scope="col">State</th>
                <th scope="col">Machines</th>
                <th scope="col">Sessions</th>
                <th scope="col">Last sign-in</th>
                <th scope="col">
                  <span class="unseen">Manage</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.value.users.map((u) => (
                <Row key={u.id} user={u} onManage={() => setManaging(u.id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {managed && <Manage user={managed} onClose={() => setManaging(undefined)} onChange={list.again} />}
    </People>
  );
}

function Row({ user: u, onManage }: { user: AdminUser; onManage: () => void }) {
  return (
    <tr>
      <td>
        <div>
          <strong>{shown(u.username, 64)}</strong> {u.admin && <span class="tag good">administrator</span>}{" "}
          {u.id === me.value?.id && <span class="tag">you</span>}
          <div class="small soft">{shown(u.email, 254)}</div>
        </div>
      </td>
      <td data-label="State">
        {u.disabled ? <Status is="off">Disabled</Status> : <Status is="good">Open</Status>}
      </td>
      <td data-label="Machines">{u.machines}</td>
      <td data-label="Sessions">{u.sessions}</td>
      <td data-label="Last sign-in">{u.last_login ? <Ago at={u.last_login} /> : "never"}</td>
      <td class="right">
        <Button aria-label={`Manage ${shown(u.username, 64)}`} onClick={onManage}>
          Manage
        </Button>
      </td>
    </tr>
  );
}
