import { useSignup } from "../../ui/asked.ts";
import { Notice } from "../../ui/notice.tsx";
import { Door } from "./door.tsx";
import { SignUpForm } from "./sign-up-form.tsx";

/** SignUpPage makes accounts where everybody may have one, and says how to get one elsewhere. */
export function SignUpPage() {
  const signup = useSignup();
  return (
    <Door title="Make an account">
      {signup === "closed" && (
        <Notice>Signup is closed on this server. Ask its administrator for an account.</Notice>
      )}
      {signup === "invite" && (
        <Notice>It takes an invitation. If you were sent a link, open that; a code goes here.</Notice>
      )}
      {signup !== "closed" && <SignUpForm code={signup === "invite" ? "" : undefined} />}
      <p>
        You have one? <a href="/login">Sign in</a>
      </p>
    </Door>
  );
}
