import { ended } from "../../api/account.ts";
import { useSignup } from "../../ui/asked.ts";
import { Notice } from "../../ui/notice.tsx";
import { SignInForm } from "../../ui/sign-in-form.tsx";
import { Door } from "./door.tsx";

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
