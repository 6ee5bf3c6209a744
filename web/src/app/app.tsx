import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { ended, last, me, recall, trouble } from "../api/account.ts";
import { sentence } from "../api/sentence.ts";
import { SignInPage } from "../pages/door/sign-in.tsx";
import { Brand } from "../ui/brand.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { ListIcon, MachineIcon, PeopleIcon, PersonIcon, TerminalIcon } from "../ui/icons.tsx";
import { Empty } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { go, place } from "../ui/router.ts";
import { shown } from "../ui/text.ts";
import { Toasts } from "../ui/toast.tsx";
import { find, type Route } from "./routes.ts";

/** App is everything there is to see. */
export function App() {
  const found = find(place.value.path);
  const bare = found?.route.bare && (me.value || ended.value);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      {me.value && !bare && <Top />}
      <main id="main" tabIndex={-1}>
        {found ? <Shown route={found.route} params={found.params} /> : <Lost />}
      </main>
      <Toasts />
    </>
  );
}

function skip() {
  const main = document.querySelector("main");
  (main?.querySelector("h1") ?? main)?.focus();
}

// What one sees at an address depends on who one is. Nobody is sent elsewhere to sign in: it is asked for right
// there, and the page that was wanted follows. A terminal stays as it is when a login ends, and asks by itself; the
// key makes it a new one when somebody else signs in then.
function Shown({ route, params }: { route: Route; params: Record<string, string> }) {
  const who = me.value;
  const { page: Wanted } = route;
  const misplaced = route.who === "strangers" && who && route.path !== "/invite";
  useEffect(() => {
    if (misplaced) go("/", true);
  }, [misplaced]);
  if (misplaced) return null;
  if (route.who === "strangers") return <Wanted params={params} />;
  if (route.bare && ended.value) return <Wanted key={last.value} params={params} />;
  if (who === undefined) return <Unknown />;
  if (who === null) return <SignInPage />;
  if (route.who === "admins" && !who.admin) return <Forbidden />;
  return <Wanted key={last.value} params={params} />;
}

function Unknown() {
  if (!trouble.value) return <div aria-busy="true" />;
  return (
    <Page title="vsay" narrow>
      <Empty title="The server does not answer">
        <p role="alert">{sentence(trouble.value)}</p>
        <Button look="primary" onClick={() => void recall()}>
          Try again
        </Button>
      </Empty>
    </Page>
  );
}

function Lost() {
  return (
    <Page title="There is no such page" narrow>
      <p>The address may have a typing error in it.</p>
      <div>
        <LinkButton href="/">To the machines</LinkButton>
      </div>
    </Page>
  );
}

function Forbidden() {
  return (
    <Page title="This page is for administrators" narrow>
      <p>If you should be one, another administrator of this server can make you one.</p>
      <div>
        <LinkButton href="/">To the machines</LinkButton>
      </div>
    </Page>
  );
}

function Top() {
  const who = me.value;
  return (
    <header class="top">
      <div class="top-in">
        <Brand />
        <nav class="nav" aria-label="Pages">
          <To href="/" also="/machines/">
            <MachineIcon size={20} /> Machines
          </To>
          <To href="/terminal">
            <TerminalIcon size={20} /> Terminal
          </To>
          <To href="/audit">
            <ListIcon size={20} /> Audit
          </To>
          {who?.admin && (
            <To href="/admin/users" also="/admin/">
              <PeopleIcon size={20} /> People
            </To>
          )}
          <To href="/account" last>
            <PersonIcon size={20} /> {shown(who?.username ?? "", 20)}
          </To>
        </nav>
      </div>
    </header>
  );
}

function To({
  href,
  also,
  last,
  children,
}: {
  href: string;
  also?: string;
  last?: true;
  children: ComponentChildren;
}) {
  const path = place.value.path;
  const here = path === href || (also !== undefined && path.startsWith(also));
  return (
    <a href={href} class={last ? "last" : ""} aria-current={here ? "page" : undefined}>
      {children}
    </a>
  );
}
