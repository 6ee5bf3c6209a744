import { ended, signIn } from "../../app/account.ts";
import { Button } from "../../ui/button.tsx";
import { Field, PasswordField } from "../../ui/field.tsx";
import { Failure, Notice } from "../../ui/notice.tsx";
import { useTask } from "../../ui/task.ts";
import { Door, value } from "./door.tsx";
import { useSignup } from "./signup-kind.ts";

/** SignInPage is seen wherever one has to be signed in, and the page that was wanted after it. */
export function SignInPage() {
  const signup = useSignup();
  return (
    <Door title="Sign in">
      {ended.value && <Notice kind="warn">You were signed out. Sign in to go on where you were.</Notice>}
      <SignInForm />
      {signup === "open" && (
        <p>
          New here? <a href="/signup">Make an account</a>
        </p>
      )}
    </Door>
  );
}

/** SignInForm signs in; me (app/account.ts) tells when it has. A terminal shows it in a dialog. */
export function SignInForm() {
  const task = useTask((form: HTMLFormElement) =>
    signIn(value(form, "email").trim(), value(form, "password")),
  );
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    const form = e.currentTarget as HTMLFormElement;
    if (!(await task.run(form))) form.querySelector<HTMLElement>("[name=password]")?.focus();
  };
  return (
    <form class="stack" onSubmit={(e) => void submit(e)}>
      <Field label="Email" name="email" type="email" autocomplete="username" required />
      <PasswordField label="Password" name="password" autocomplete="current-password" required />
      <Failure of={task.error} />
      <Button type="submit" look="primary wide" busy={task.busy}>
        {task.busy ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}
