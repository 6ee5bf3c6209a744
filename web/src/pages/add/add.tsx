import "./add.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { follow, machines } from "../../api/live.ts";
import type { Machine } from "../../api/types.ts";
import { ApiKey } from "../../ui/api-key.tsx";
import { LinkButton } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Choice, Field } from "../../ui/field.tsx";
import { CheckIcon, TerminalIcon } from "../../ui/icons.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { shown } from "../../ui/text.ts";
import { Approvals } from "../machines/approvals.tsx";
import { system, terminalOf } from "../machines/parts.tsx";
import { command, type How, loopback } from "./command.ts";

const ways: readonly (readonly [How, string])[] = [
  ["service", "As a service"],
  ["user", "Without root"],
  ["terminal", "Just to try"],
];

const about: Record<How, string> = {
  service:
    "A service of systemd: the machine is there after a reboot. Shells are those of the user vsay-agent.",
  user: "A service of your own, if systemd runs there and your user lingers. Shells are yours.",
  terminal: "It runs in that terminal until you end it. Shells are yours. Works on macOS, too.",
};

/** AddPage says how a machine is added, and notices when it was. */
export function AddPage() {
  const [how, setHow] = useState<How>(loopback(location.origin) ? "terminal" : "service");
  const [name, setName] = useState("");
  return (
    <Page title="Add a machine" narrow>
      <ol class="steps">
        <Step title="Have vsay there">
          <p>
            It is one file, the same as the server's. Copy it into the PATH of the machine that you want to
            reach.
          </p>
          {loopback(location.origin) && (
            <Notice kind="warn">
              {location.host} is this computer's own address: other machines cannot reach this server by it.
            </Notice>
          )}
        </Step>
        <Step title="Run this on it">
          <div>
            <Choice label="How it runs" name="how" value={how} of={ways} onChoose={setHow} />
          </div>
          <p class="soft">{about[how]}</p>
          <Field
            label="Its name"
            name="name"
            placeholder="its host name"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            maxLength={64}
            value={name}
            onInput={(e) => setName(e.currentTarget.value)}
          />
          <Code text={command(location.origin, how, name)} what="the command" />
          <p class="soft">Nothing in this line is secret.</p>
        </Step>
        <Step title="Give it your API key when it asks">
          <ApiKey />
          <p class="soft">
            The key is secret: who has it can add machines to your account, and nothing else. It is read
            without being shown, and stays out of the command line and its history. The machine uses it once,
            for a credential of its own.
          </p>
        </Step>
        <Arrival />
      </ol>
    </Page>
  );
}

function Step({ title, done, children }: { title: string; done?: boolean; children: ComponentChildren }) {
  return (
    <li class={done ? "step done" : "step"}>
      <div class="stack">
        <h2>{title}</h2>
        {children}
      </div>
    </li>
  );
}

/** Arrival turns green when a machine appears that was not there when the page was opened. */
function Arrival() {
  useEffect(follow, []);
  const before = useRef<Set<string>>(undefined);
  const all = machines.value;
  if (all && !before.current) before.current = new Set(all.filter(present).map((m) => m.agent_id));
  const fresh = all?.filter((m) => present(m) && !before.current?.has(m.agent_id)) ?? [];
  const here = fresh.filter((m) => m.status === "online");
  return (
    <Step title={here.length > 0 ? "It is here" : "Wait a moment"} done={here.length > 0}>
      <div role="status" class="stack">
        {fresh.length === 0 && (
          <p class="row soft">
            <span class="spinner" /> This page notices when the machine comes.
          </p>
        )}
        {here.map((m) => (
          <Here key={m.agent_id} machine={m} />
        ))}
      </div>
      <Approvals of={fresh} />
    </Step>
  );
}

function present(m: Machine): boolean {
  return m.status !== "offline";
}

function Here({ machine: m }: { machine: Machine }) {
  return (
    <div class="row arrived">
      <CheckIcon size={22} />
      <span class="grow">
        <strong>{shown(m.name, 64)}</strong> <span class="soft">{system(m)}</span>
      </span>
      <LinkButton href={terminalOf(m.agent_id)} look="primary">
        <TerminalIcon /> Open its terminal
      </LinkButton>
    </div>
  );
}
