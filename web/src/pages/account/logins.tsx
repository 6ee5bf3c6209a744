import { useState } from "preact/hooks";
import { ask, path } from "../../api/request.ts";
import type { LoginInfo } from "../../api/types.ts";
import { useAsked } from "../../ui/asked.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notice.tsx";
import { shown } from "../../ui/text.ts";
import { Ago, Until } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.tsx";

/** Logins are the places where one is signed in, to be ended from here. */
export function Logins() {
  const list = useAsked<{ logins: LoginInfo[] }>("/api/auth/logins");
  const [ending, setEnding] = useState<LoginInfo>();
  const end = async (login: LoginInfo) => {
    await ask("DELETE", path`/api/auth/logins/${login.id}`);
    toast("Signed out there");
    await list.again();
  };
  return (
    <>
      <Failure of={list.error} />
      <ul class="sessions">
        {list.value?.logins.map((login) => (
          <li key={login.id}>
            <div class="grow">
              <strong>{shown(login.client, 120) || "An unknown client"}</strong>{" "}
              {login.current && <span class="tag good">here</span>}
              <div class="small soft">
                {shown(login.ip_address, 45)} · seen <Ago at={login.last_seen} /> · since{" "}
                <Ago at={login.created_at} /> · ends <Until at={login.expires_at} />
              </div>
            </div>
            {!login.current && (
              <Button onClick={() => setEnding(login)} aria-label={`Sign out ${shown(login.client, 120)}`}>
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {ending && (
        <Confirm
          title="Sign out there?"
          verb="Sign out there"
          onClose={() => setEnding(undefined)}
          onSure={() => end(ending)}
        >
          <p>
            {shown(ending.client, 120) || "An unknown client"} loses its terminals at once. The sessions run
            on.
          </p>
        </Confirm>
      )}
    </>
  );
}
