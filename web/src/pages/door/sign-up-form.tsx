import { signUp } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";
import { Field, PasswordField, value } from "../../ui/field.tsx";
import { Failure } from "../../ui/notice.tsx";
import { go } from "../../ui/router.ts";
import { useTask } from "../../ui/task.ts";

interface Props {
  code?: string | undefined; // of an invitation; undefined where none is needed
}

/** SignUpForm makes an account and signs in. */
export function SignUpForm({ code }: Props) {
  const task = useTask((form: HTMLFormElement) =>
    signUp(
      value(form, "username").trim(),
      value(form, "email").trim(),
      value(form, "password"),
      value(form, "invite").trim(),
    ),
  );
  const submit = async (e: SubmitEvent) => {
    e.preventDefault();
    if (await task.run(e.currentTarget as HTMLFormElement)) go("/", true);
  };
  return (
    <form class="stack" onSubmit={(e) => void submit(e)}>
      {code !== undefined && (
        <Field
          label="Invitation code"
          name="invite"
          defaultValue={code}
          autocomplete="off"
          spellcheck={false}
          required
        />
      )}
      <Field
        label="Username"
        name="username"
        autocomplete="nickname"
        autocapitalize="off"
        spellcheck={false}
        maxLength={64}
        pattern="[A-Za-z0-9_][A-Za-z0-9._\-]*"
        title="Letters, digits, dots, dashes and underscores; the first is none of . and -"
        hint="Others see it where you share a session."
        required
      />
      <Field label="Email" name="email" type="email" autocomplete="username" maxLength={254} required />
      <PasswordField
        label="Password"
        name="password"
        autocomplete="new-password"
        minLength={6}
        hint="At least 6 characters. A few words that nobody would guess are best."
        required
      />
      <Failure of={task.error} />
      <Button type="submit" look="primary wide" busy={task.busy}>
        {task.busy ? "Making the account…" : "Make the account"}
      </Button>
    </form>
  );
}
