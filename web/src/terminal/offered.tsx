import { Button } from "../ui/button.tsx";
import { count, shown } from "../ui/text.ts";
import { machineOf, offered, takeOffer } from "./desk.ts";
import { panes } from "./workspace.ts";

/** Offered asks about terminals that a page of another site would open. */
export function Offered() {
  const of = offered.value;
  if (!of) return null;
  const all = panes(of);
  const machines = [...new Set(all.map((p) => shown(machineOf(p.spot)?.name ?? "a machine", 64)))];
  return (
    <div class="nothing" role="alert">
      <p>
        A page of another site led here, to open {count(all.length, "terminal")} on {machines.join(", ")}.
      </p>
      <div class="row">
        <Button look="primary" onClick={takeOffer}>
          Open {all.length === 1 ? "it" : "them"}
        </Button>
        <a class="button" href="/">
          Machines
        </a>
      </div>
    </div>
  );
}
