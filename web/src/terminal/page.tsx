import { Page } from "../ui/page.tsx";

/** TerminalPage is everything below /terminal. It fills the window: the frame of other pages is not around it. */
export function TerminalPage() {
  return (
    <Page title="Terminal">
      <p>
        <a href="/">Machines</a>
      </p>
    </Page>
  );
}
