import { useId } from "preact/hooks";
import { me } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";
import { Field, value } from "../../ui/field.tsx";
import { addressOf, type Filter } from "./query.ts";

const events: readonly (readonly [string, string])[] = [
  ["", "Everything"],
  ["login", "Signing in"],
  ["session", "Sessions"],
  ["attach", "Joining sessions"],
  ["machine", "Machines"],
  ["api key", "API keys"],
  ["password", "Passwords"],
  ["access denied", "Access denied"],
  ["user", "Accounts"],
  ["invit", "Invitations"],
  ["server", "The server"],
];

const results: readonly (readonly [string, string])[] = [
  ["", "Any"],
  ["ok", "ok"],
  ["denied", "denied"],
  ["failed", "failed"],
];

interface Props {
  filter: Filter;
  onFilter: (f: Filter) => void;
}

/** Filters are the fields above the audit log. */
export function Filters({ filter: f, onFilter }: Props) {
  const apply = (form: HTMLFormElement) => {
    const of = (name: keyof Filter) => value(form, name);
    onFilter({
      user: of("user"),
      machine: of("machine"),
      event: of("event"),
      result: of("result"),
      since: of("since"),
      until: of("until"),
    });
  };
  return (
    <form
      class="filters"
      aria-label="Filter the records"
      onSubmit={(e) => {
        e.preventDefault();
        apply(e.currentTarget as HTMLFormElement);
      }}
    >
      <Select label="What" name="event" value={f.event} of={known(f.event)} />
      {me.value?.admin && <Field label="Who" name="user" placeholder="a username" defaultValue={f.user} />}
      <Field label="Machine" name="machine" placeholder="its name" defaultValue={f.machine} />
      <Select label="Result" name="result" value={f.result} of={results} />
      <Field label="From day" name="since" type="date" defaultValue={f.since} />
      <Field label="To day" name="until" type="date" defaultValue={f.until} />
      <div class="row">
        <Button type="submit" look="primary">
          Filter
        </Button>
        {addressOf(f) !== "/audit" && (
          <Button
            onClick={() => onFilter({ user: "", machine: "", event: "", result: "", since: "", until: "" })}
          >
            Clear
          </Button>
        )}
      </div>
    </form>
  );
}

/** known are the events to choose from, with the one that the address asks for. */
function known(event: string): readonly (readonly [string, string])[] {
  return events.some(([v]) => v === event) ? events : [...events, [event, event]];
}

interface SelectProps {
  label: string;
  name: string;
  value: string;
  of: readonly (readonly [string, string])[];
}

function Select({ label, name, value: chosen, of }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select class="input" id={id} name={name}>
        {of.map(([v, words]) => (
          <option key={v} value={v} selected={v === chosen}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
