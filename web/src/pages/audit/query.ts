/** Filter is what one looks for in the audit log, as it stands in the page's address. */
export interface Filter {
  readonly user: string;
  readonly machine: string;
  readonly event: string;
  readonly result: string;
  readonly since: string; // a day: "2026-01-31"; by the clock of who looks
  readonly until: string;
}

const names = ["user", "machine", "event", "result", "since", "until"] as const;

/** filterOf reads a page's address. */
export function filterOf(query: URLSearchParams): Filter {
  const of = (name: string) => query.get(name) ?? "";
  return {
    user: of("user"),
    machine: of("machine"),
    event: of("event"),
    result: of("result"),
    since: day(of("since")),
    until: day(of("until")),
  };
}

/** addressOf is the page's address of a filter. */
export function addressOf(f: Filter): string {
  const query = new URLSearchParams();
  for (const name of names) if (f[name].trim()) query.set(name, f[name].trim());
  const text = query.toString();
  return text ? `/audit?${text}` : "/audit";
}

/** question is the server's address for a filter: the last records before one, or of all. */
export function question(f: Filter, limit: number, before?: number): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ["user", "machine", "event", "result"] as const) if (f[name]) query.set(name, f[name]);
  if (f.since) query.set("since", new Date(`${f.since}T00:00:00`).toISOString());
  if (f.until) query.set("until", dayAfter(f.until).toISOString());
  if (before !== undefined) query.set("before", String(before));
  return `/api/audit?${query}`;
}

function day(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : "";
}

/** dayAfter is when a day has ended, which is not always 24 hours after it began. */
function dayAfter(text: string): Date {
  const d = new Date(`${text}T00:00:00`);
  d.setDate(d.getDate() + 1);
  return d;
}
