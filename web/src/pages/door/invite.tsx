import { useEffect, useState } from "preact/hooks";
import { me, signOut } from "../../api/account.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Failure } from "../../ui/notice.tsx";
import { useTask } from "../../ui/task.ts";
import { shown } from "../../ui/text.ts";
import { Door } from "./door.tsx";
import { SignUpForm } from "./sign-up-form.tsx";

/**
 * InvitePage takes up an invitation, /invite#CODE. What is behind the # is never sent to a server, and so in no log; it is
 * taken out of the address as soon as it was read, so that no way back leads to it and nobody reads it over a shoulder. A list of
 * visited addresses may have it; it is void once it was used.
 */
export function InvitePage() {
  const [code, setCode] = useState(take);
  useEffect(() => {
    const another = () => setCode((before) => take() || before); // pasted over the address of this one
    addEventListener("hashchange", another);
    return () => removeEventListener("hashchange", another);
  }, []);
  const out = useTask(signOut);
  if (me.value) {
    return (
      <Door title="You have an account">
        <p>
          You are signed in as {shown(me.value.username)}. The invitation is for somebody who has no account
          here yet.
        </p>
        <Failure of={out.error} />
        <LinkButton href="/" look="primary wide">
          To the machines
        </LinkButton>
        <Button busy={out.busy} onClick={() => void out.run()}>
          Sign out and make another account
        </Button>
      </Door>
    );
  }
  return (
    <Door title="You are invited">
      <p class="soft">Choose a name and a password for your account on {location.host}.</p>
      <SignUpForm key={code} code={code} />
      <p>
        You have an account? <a href="/login">Sign in</a>
      </p>
    </Door>
  );
}

function take(): string {
  const code = codeOf(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname);
  return code;
}

/** codeOf reads what is behind the #. */
export function codeOf(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1)).trim();
  } catch {
    return "";
  }
}
