import "./dialogs.css";
import { signal, useSignalEffect } from "@preact/signals";
import { me } from "../api/account.ts";
import { ask, path } from "../api/request.ts";
import { end, look } from "../api/sessions.ts";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog, FormDialog } from "../ui/dialog.tsx";
import { Field, value } from "../ui/field.tsx";
import { SignInForm } from "../ui/sign-in-form.tsx";
import { count } from "../ui/text.ts";
import type { Ask } from "./consent.ts";
import { closePane } from "./desk.ts";
import { help } from "./shortcuts.ts";
import type { View } from "./view.ts";
import type { Pane, Spot } from "./workspace.ts";

/** signingIn says that somebody wants to, right here. */
export const signingIn = signal(false);

/** SignInDialog signs in where a login ended; the sessions go on by themselves then. */
export function SignInDialog() {
  const open = signingIn.value;
  const who = me.value;
  useSignalEffect(() => {
    if (me.value) signingIn.value = false;
  });
  if (!open || who) return null;
  return (
    <Dialog title="Sign in" onClose={() => (signingIn.value = false)}>
      <p class="soft">The session goes on where it was, with all that was typed meanwhile.</p>
      <SignInForm />
      <div class="row end">
        <Button onClick={() => (signingIn.value = false)}>Not now</Button>
      </div>
    </Dialog>
  );
}

/** AskDialog asks what a view has to ask, if anything. */
export function AskDialog({ view }: { view: View }) {
  const now = view.consent.ask.value;
  const close = () => {
    view.consent.ask.value = undefined;
    view.focus();
  };
  if (now?.kind === "paste") return <PasteDialog asked={now} view={view} onClose={close} />;
  if (now?.kind === "link") return <LinkDialog asked={now} onClose={close} />;
  return null;
}

interface AskProps<Kind> {
  asked: Ask & { kind: Kind };
  onClose: () => void;
}

function PasteDialog({ asked, view, onClose }: AskProps<"paste"> & { view: View }) {
  const { lines, first, more } = asked.question;
  const paste = () => {
    view.typePaste(asked.text);
    onClose();
  };
  return (
    <Dialog
      title={lines === 1 ? "Paste a line with its Enter?" : `Paste ${count(lines, "line")}?`}
      onClose={onClose}
    >
      <p>The program that runs here would take each of them as typed, and run it at once.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may have to be scrolled by keyboard */}
      <section class="pasted" tabIndex={0} aria-label="What is pasted">
        <pre>{first.join("\n")}</pre>
        {more > 0 && <span class="soft small">… and {count(more, "line")} more</span>}
      </section>
      <div class="row end">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" autofocus onClick={paste}>
          Paste
        </Button>
      </div>
    </Dialog>
  );
}

function LinkDialog({ asked, onClose }: AskProps<"link">) {
  const { href, before, host, after } = asked.link;
  return (
    <Dialog title="Open this address?" onClose={onClose}>
      <p class="address mono">
        {before}
        <b>{host}</b>
        {after}
      </p>
      <p class="soft">It comes from a program in the terminal, and opens in a new tab.</p>
      <div class="row end">
        <Button onClick={onClose}>Cancel</Button>
        <a href={href} target="_blank" rel="noopener noreferrer" class="button primary" onClick={onClose}>
          Open
        </a>
      </div>
    </Dialog>
  );
}

/** RenameDialog gives a session another name. */
export function RenameDialog({ spot, name, onClose }: { spot: Spot; name: string; onClose: () => void }) {
  const rename = async (form: HTMLFormElement) => {
    const to = value(form, "name").trim();
    await ask("PATCH", path`/api/terminal/sessions/${spot.session ?? ""}`, { name: to });
    await look();
    onClose();
  };
  return (
    <FormDialog title="Rename this session" verb="Rename" onSubmit={rename} onClose={onClose}>
      <Field
        label="Name"
        name="name"
        defaultValue={name}
        maxLength={64}
        required
        hint="Letters, digits, and . _ -"
      />
    </FormDialog>
  );
}

/** EndDialog ends a session with all that runs in it. */
export function EndDialog({ pane, name, onClose }: { pane: Pane; name: string; onClose: () => void }) {
  const sure = async () => {
    await end(pane.spot.session ?? "");
    closePane(pane.id);
  };
  return (
    <Confirm title={`End ${name}?`} verb="End it" onSure={sure} onClose={onClose}>
      <p>All programs that run in it end, for everybody who watches. To only leave it, close it instead.</p>
    </Confirm>
  );
}

/** HelpDialog says which keys are the page's own. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <p class="soft">All other keys go to the session. On a Mac, Cmd does what it always does as well.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it may have to be scrolled by keyboard */}
      <section class="keys-list" tabIndex={0} aria-label="Keys and what they do">
        <table class="keys">
          <thead class="unseen">
            <tr>
              <th>Keys</th>
              <th>What they do</th>
            </tr>
          </thead>
          <tbody>
            {help.map(([keys, what]) => (
              <tr key={keys}>
                <td>
                  {keys.split("  ").map((k) => (
                    <kbd key={k}>{k}</kbd>
                  ))}
                </td>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="soft small">
        Closing a pane or this page never ends a session: it runs on, and is here again when you come back.
      </p>
      <div class="row end">
        <Button look="primary" autofocus onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
