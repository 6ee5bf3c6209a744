import { me } from "../../api/account.ts";
import { ask } from "../../api/request.ts";
import { Button } from "../../ui/button.tsx";
import { PasswordField, value } from "../../ui/field.tsx";
import { Failure } from "../../ui/notice.tsx";
import { useTask } from "../../ui/task.ts";
import { toast } from "../../ui/toast.tsx";

/** PasswordForm changes the password of who is signed in. */
export function PasswordForm() {
  const task = useTask(async (form: HTMLFormElement) => {
    const body = { current_password: value(form, "current"), new_password: value(form, "new") };
    await ask("POST", "/api/profile/reset-password", body);
    form.reset();
    toast("The password was changed; all other logins have ended");
  });
  return (
    <form
      class="stack"
      onSubmit={(e) => {
        e.preventDefault();
        void task.run(e.currentTarget as HTMLFormElement);
      }}
    >
      <input type="email" name="email" autocomplete="username" defaultValue={me.value?.email ?? ""} hidden />
      <PasswordField label="Current password" name="current" autocomplete="current-password" required />
      <PasswordField
        label="New password"
        name="new"
        autocomplete="new-password"
        minLength={6}
        hint="At least 6 characters. It signs you out everywhere but here."
        required
      />
      <Failure of={task.error} />
      <div>
        <Button type="submit" look="primary" busy={task.busy}>
          Change the password
        </Button>
      </div>
    </form>
  );
}
