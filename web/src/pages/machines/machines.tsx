import "./machines.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { follow, machines, stale } from "../../api/live.ts";
import { sentence } from "../../api/sentence.ts";
import type { Machine } from "../../api/types.ts";
import { LinkButton } from "../../ui/button.tsx";
import { PlusIcon, SearchIcon } from "../../ui/icons.tsx";
import { Empty, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { go } from "../../ui/router.ts";
import { shown } from "../../ui/text.ts";
import type { WireError } from "../../wire/error.ts";
import { Approvals } from "./approvals.tsx";
import { type Column, chosen, type Order } from "./choose.ts";
import { terminalOf } from "./parts.tsx";
import { MachineTable } from "./table.tsx";

/** MachinesPage is what one sees first: one's machines, as they are now. */
export function MachinesPage() {
  useEffect(follow, []);
  const all = machines.value;
  const add = (
    <LinkButton href="/add" look={all?.length === 0 ? "plain" : "primary"}>
      <PlusIcon /> Add a machine
    </LinkButton>
  );
  return (
    <Page title="Machines" actions={add}>
      {stale.value && <Stale why={stale.value} />}
      {all?.length === 0 && <NoMachines />}
      {all && all.length > 0 && <List all={all} />}
      {!all && !stale.value && <div aria-busy="true" class="panel" />}
    </Page>
  );
}

function Stale({ why }: { why: WireError }) {
  const said = why.code === "unreachable" ? "The server cannot be reached." : sentence(why);
  return <Notice kind="warn">{said} This is how it was a moment ago; the page tries again by itself.</Notice>;
}

function NoMachines() {
  return (
    <Empty title="No machine yet">
      <p>Add one, and its terminal is a click away from here: behind NAT, on a train, wherever it is.</p>
      <LinkButton href="/add" look="primary">
        <PlusIcon /> Add your first machine
      </LinkButton>
    </Empty>
  );
}

const columns: readonly (readonly [Column, string])[] = [
  ["name", "Name"],
  ["status", "State"],
  ["cpu", "CPU"],
  ["memory", "Memory"],
  ["disk", "Disk"],
  ["sessions", "Sessions"],
  ["seen", "Last seen"],
];

function List({ all }: { all: Machine[] }) {
  const filter = useSignal("");
  const order = useSignal<Order>({ by: "status", down: false });
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const seen = chosen(
    all.filter((m) => m.status !== "pending"),
    filter.value,
    order.value,
  );
  useSlash(field);
  const first = seen.find((m) => m.status === "online");
  const keys = (e: KeyboardEvent) => {
    if (e.key === "Enter" && first && filter.value) go(terminalOf(first.agent_id));
    else if (e.key === "Escape") filter.value = "";
    else if (e.key === "ArrowDown") links(list.current)[0]?.focus();
    else return;
    e.preventDefault();
  };
  const sort = (by: Column) => {
    order.value = { by, down: order.value.by === by ? !order.value.down : byNumber.has(by) };
  };
  return (
    <>
      <Approvals of={all} />
      <div class="row">
        <div class="filter">
          <SearchIcon />
          <input
            ref={field}
            class="input"
            type="search"
            aria-label="Filter the machines"
            placeholder="Name, label, system…"
            value={filter.value}
            onInput={(e) => {
              filter.value = e.currentTarget.value;
            }}
            onKeyDown={keys}
            aria-keyshortcuts="/"
          />
          <kbd>/</kbd>
        </div>
        <select
          class="input sort-phone"
          aria-label="Sort by"
          value={order.value.by}
          onChange={(e) => sort(e.currentTarget.value as Column)}
        >
          {columns.map(([by, words]) => (
            <option key={by} value={by}>
              {words}
            </option>
          ))}
        </select>
        <span class="soft small grow" role="status">
          {filter.value && `${seen.length} of ${all.length}`}
        </span>
      </div>
      {seen.length === 0 && filter.value && (
        <Empty title={`Nothing fits “${shown(filter.value, 40)}”`}>
          <p>Names, labels such as room=lab, systems and addresses are looked through.</p>
        </Empty>
      )}
      {seen.length > 0 && (
        // biome-ignore lint/a11y/noStaticElementInteractions: arrows go from link to link; Tab does as well
        <div class="panel flush" ref={list} onKeyDown={(e) => arrows(e, list.current, field.current)}>
          <MachineTable of={seen} columns={columns} order={order.value} onSort={sort} />
        </div>
      )}
    </>
  );
}

const byNumber = new Set<Column>(["cpu", "memory", "disk", "sessions", "seen"]); // the most first

function links(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("a.name") ?? [])];
}

// Up and down go from machine to machine, and up from the first one to the filter.
function arrows(e: KeyboardEvent, list: HTMLElement | null, field: HTMLElement | null) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  const all = links(list);
  const at = all.indexOf(document.activeElement as HTMLElement);
  if (!step || at < 0) return;
  e.preventDefault();
  (all[at + step] ?? (step < 0 ? field : undefined))?.focus();
}

/** useSlash has the key / lead to the filter, wherever one does not type. */
function useSlash(field: { current: HTMLInputElement | null }) {
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.target instanceof Element && e.target.closest("input, textarea, select, dialog")) return;
      e.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [field]);
}
