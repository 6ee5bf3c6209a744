import "./audit.css";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { me } from "../../api/account.ts";
import { ask } from "../../api/request.ts";
import { sentence } from "../../api/sentence.ts";
import type { AuditRecord, AuditRecords } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/field.tsx";
import { ListIcon } from "../../ui/icons.tsx";
import { Empty, Failure, Status } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { go, place } from "../../ui/router.ts";
import { shown } from "../../ui/text.ts";
import { Clock } from "../../ui/time.tsx";
import { Filters } from "./filters.tsx";
import { addressOf, type Filter, filterOf, question } from "./query.ts";
import { told } from "./told.ts";

const some = 50; // records at a time

/** AuditPage is who did what, newest first. */
export function AuditPage() {
  const filter = filterOf(place.value.query);
  const records = useRecords(filter);
  const [inUTC, setUTC] = useState(false);
  return (
    <Page title="Audit log" actions={<Button onClick={() => void records.newest()}>Look again</Button>}>
      <p class="soft">
        {me.value?.admin
          ? "All that was done on this server. As an administrator you see everybody's."
          : "What you did, and what others did to you and your machines."}
      </p>
      <Filters key={addressOf(filter)} filter={filter} onFilter={(f) => go(addressOf(f), true)} />
      <Failure of={records.error} />
      {records.list?.length === 0 && (
        <Empty title="Nothing fits" icon={<ListIcon size={36} />}>
          <p>No record is like that.</p>
          <Button onClick={() => go("/audit", true)}>Show all of them</Button>
        </Empty>
      )}
      {records.list && records.list.length > 0 && (
        <>
          <div class="row end">
            <Choice
              label="Which clock"
              name="clock"
              value={inUTC ? "utc" : "local"}
              of={[
                ["local", "My time"],
                ["utc", "UTC"],
              ]}
              onChoose={(c) => setUTC(c === "utc")}
            />
          </div>
          <Records of={records.list} inUTC={inUTC} />
          {records.more && (
            <div>
              <Button busy={records.busy} onClick={() => void records.older()}>
                Show older ones
              </Button>
            </div>
          )}
        </>
      )}
    </Page>
  );
}

/** useRecords has the newest records that fit, and older ones as they are wanted. */
function useRecords(filter: Filter) {
  const [list, setList] = useState<AuditRecord[]>();
  const [more, setMore] = useState(false);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController>(undefined);
  const text = JSON.stringify(filter);
  const load = useCallback(
    async (older: AuditRecord[]) => {
      running.current?.abort();
      const mine = new AbortController();
      running.current = mine;
      setBusy(true);
      try {
        const address = question(JSON.parse(text) as Filter, some, older.at(-1)?.seq);
        const { records } = await ask<AuditRecords>("GET", address, undefined, mine.signal);
        setList([...older, ...records.reverse()]);
        setMore(records.length === some);
        setError("");
      } catch (e) {
        if (!mine.signal.aborted) setError(sentence(e));
      } finally {
        if (running.current === mine) setBusy(false);
      }
    },
    [text],
  );
  useEffect(() => {
    void load([]);
    return () => running.current?.abort();
  }, [load]);
  return { list, more, error, busy, newest: () => load([]), older: () => load(list ?? []) };
}

function Result({ of: r }: { of: AuditRecord }) {
  if (r.result === "ok") return <span class="soft">ok</span>;
  return <Status is={r.result === "denied" ? "warn" : "bad"}>{r.result}</Status>;
}

function Records({ of, inUTC }: { of: AuditRecord[]; inUTC: boolean }) {
  return (
    <div class="panel flush">
      <table class="table records">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Result</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {of.map((r) => (
            <tr key={r.seq}>
              <td class="when">
                <Clock at={r.time} inUTC={inUTC} />
              </td>
              <td title={`${r.event} · record ${r.seq}`}>{told(r)}</td>
              <td class={r.result === "ok" ? "no-card" : ""}>
                <Result of={r} />
              </td>
              <td class="from mono soft">{shown(r.ip_address ?? "", 45)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
