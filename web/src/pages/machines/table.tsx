import { Fragment } from "preact";
import { useState } from "preact/hooks";
import type { Machine } from "../../api/types.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { DownIcon, RightIcon, TerminalIcon, UpIcon } from "../../ui/icons.tsx";
import { count, shown } from "../../ui/text.ts";
import type { Column, Order } from "./choose.ts";
import { Labels, Meter, Seen, State, system, terminalOf } from "./parts.tsx";
import { SessionList } from "./session-list.tsx";

interface Props {
  of: Machine[];
  columns: readonly (readonly [Column, string])[];
  order: Order;
  onSort: (by: Column) => void;
}

/** MachineTable is the list; on a phone each machine is a card. */
export function MachineTable({ of, columns, order, onSort }: Props) {
  const [open, setOpen] = useState<string>();
  return (
    <table class="table machines">
      <thead>
        <tr>
          {columns.map(([by, words]) => (
            <th key={by} scope="col" aria-sort={sorted(order, by)} class={by === "disk" ? "wide-only" : ""}>
              <button type="button" onClick={() => onSort(by)}>
                {words}
                {order.by === by && (order.down ? <DownIcon size={14} /> : <UpIcon size={14} />)}
              </button>
            </th>
          ))}
          <th scope="col">
            <span class="unseen">More</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {of.map((m) => (
          <Fragment key={m.agent_id}>
            <Row
              machine={m}
              open={open === m.agent_id}
              onToggle={() => setOpen(open === m.agent_id ? undefined : m.agent_id)}
            />
            {open === m.agent_id && (
              <tr class="open-row">
                <td colSpan={columns.length + 1}>
                  <SessionList machine={m} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function sorted(order: Order, by: Column) {
  if (order.by !== by) return undefined;
  return order.down ? "descending" : "ascending";
}

function Row({ machine: m, open, onToggle }: { machine: Machine; open: boolean; onToggle: () => void }) {
  const there = m.status === "online";
  return (
    <tr class={m.status}>
      <td class="head">
        <Name of={m} />
        <div class="about">
          <span class="small soft">{system(m)}</span> <Labels of={m} />
        </div>
      </td>
      <td data-label="State">
        <State of={m} />
      </td>
      <td data-label="CPU" class="load">
        {there && <Meter of={m.cpu_percent} />}
      </td>
      <td data-label="Memory" class="load">
        {there && <Meter of={m.memory_percent} />}
      </td>
      <td data-label="Disk" class="load wide-only">
        {there && <Meter of={m.disk_percent} />}
      </td>
      <td data-label="Sessions">
        {m.sessions > 0 && (
          <Button
            look="quiet"
            aria-expanded={open}
            aria-label={`${count(m.sessions, "session")} on ${shown(m.name)}`}
            onClick={onToggle}
          >
            {m.sessions} {open ? <UpIcon size={14} /> : <DownIcon size={14} />}
          </Button>
        )}
      </td>
      <td data-label="Last seen" class="soft">
        <Seen of={m} />
      </td>
      <td class="right">
        <LinkButton
          href={`/machines/${encodeURIComponent(m.agent_id)}`}
          look="quiet icon"
          label={`More about ${shown(m.name)}`}
        >
          <RightIcon />
        </LinkButton>
      </td>
    </tr>
  );
}

/** Name opens the terminal of a machine that is there; of one that is not, what is known of it. */
function Name({ of: m }: { of: Machine }) {
  if (m.status === "online") {
    return (
      <a class="name" href={terminalOf(m.agent_id)} aria-label={`Terminal on ${shown(m.name)}`}>
        <TerminalIcon /> {shown(m.name, 64)}
      </a>
    );
  }
  return (
    <a class="name" href={`/machines/${encodeURIComponent(m.agent_id)}`}>
      {shown(m.name, 64)}
    </a>
  );
}
