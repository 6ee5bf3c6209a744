import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { me, signOut } from "../../api/account.ts";
import { ask } from "../../api/request.ts";
import { ApiKey } from "../../ui/api-key.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choice } from "../../ui/field.tsx";
import { Failure } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { go } from "../../ui/router.ts";
import { useTask } from "../../ui/task.ts";
import { local, shown } from "../../ui/text.ts";
import { choose, type Theme, theme } from "../../ui/theme.ts";
import { toast } from "../../ui/toast.tsx";
import { Logins } from "./logins.tsx";
import { PasswordForm } from "./password.tsx";

const themes: readonly (readonly [Theme, string])[] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** AccountPage is about the one who looks at it. */
export function AccountPage() {
  const out = useTask(async () => {
    await signOut();
    go("/login");
  });
  const signOutButton = (
    <Button busy={out.busy} onClick={() => void out.run()}>
      Sign out
    </Button>
  );
  return (
    <Page title="Account" actions={signOutButton} narrow>
      <Failure of={out.error} />
      <Who />
      <Part title="API key">
        <Key />
      </Part>
      <Part title="Password">
        <PasswordForm />
      </Part>
      <Part title="Where you are signed in">
        <Logins />
      </Part>
      <Part title="Look">
        <div>
          <Choice label="Colours" name="theme" value={theme.value} of={themes} onChoose={choose} />
        </div>
      </Part>
    </Page>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function Who() {
  const who = me.value;
  if (!who) return null;
  return (
    <section class="panel" aria-label="Who you are">
      <dl class="facts">
        <dt>Username</dt>
        <dd>
          {shown(who.username)} {who.admin && <span class="tag good">administrator</span>}
        </dd>
        <dt>Email</dt>
        <dd>{shown(who.email, 254)}</dd>
        {who.created_at && (
          <>
            <dt>Since</dt>
            <dd>{local(who.created_at).slice(0, 10)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Key() {
  const [asked, setAsked] = useState(false);
  const [fresh, setFresh] = useState<string>();
  return (
    <>
      <p class="soft">
        It adds machines to your account, and can do nothing else. Treat it as a password: who has it can put
        a machine of theirs into your list.
      </p>
      <ApiKey key={fresh} fresh={fresh} />
      <div>
        <Button look="danger" onClick={() => setAsked(true)}>
          Replace it
        </Button>
      </div>
      {asked && <Replace onClose={() => setAsked(false)} onDone={setFresh} />}
    </>
  );
}

function Replace({ onClose, onDone }: { onClose: () => void; onDone: (key: string) => void }) {
  const [keep, setKeep] = useState(true);
  const task = useTask(async () => {
    const answer = await ask<{ api_key: string }>("POST", "/api/profile/regenerate-api-key", {
      keep_machines: keep,
    });
    onDone(answer.api_key);
    toast("The old key is void");
    onClose();
  });
  return (
    <Dialog title="Replace the API key?" onClose={onClose}>
      <p>The old key adds no machine any more, at once.</p>
      <label class="check">
        <input type="checkbox" checked={keep} onChange={(e) => setKeep(e.currentTarget.checked)} />
        <span>
          Keep the machines that are there
          <br />
          <span class="small soft">
            {keep
              ? "They go on as they are."
              : "All of them are cut off now, and have to be added again with the new key."}
          </span>
        </span>
      </label>
      <Failure of={task.error} />
      <div class="row end">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger sure" busy={task.busy} onClick={() => void task.run()}>
          {keep ? "Replace it" : "Replace it and cut them off"}
        </Button>
      </div>
    </Dialog>
  );
}
