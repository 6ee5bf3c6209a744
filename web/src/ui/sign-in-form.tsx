import { signIn } from "../api/account.ts";
import { Button } from "./button.tsx";
import { Field, PasswordField, value } from "./field.tsx";
import { Failure } from "./notice.tsx";
import { useTask } from "./task.ts";

/** SignInForm signs in; me (api/account.ts) tells when it has. It is the door of the pages, and a dialog of a terminal. */
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
