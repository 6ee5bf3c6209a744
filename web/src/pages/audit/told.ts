import type { AuditRecord } from "../../api/types.ts";
import { shown, span } from "../../ui/text.ts";

/** told is what a record of the audit log tells, as a sentence. Whatever comes from others is made fit to be seen. */
export function told(r: AuditRecord): string {
  const tell = sentences[r.event];
  const said = tell ? tell(new Words(r)) : `${new Words(r).who}: ${shown(r.event, 80)}`;
  const more = r.detail?.more;
  return more ? `${said} (and ${shown(more, 12)} times more)` : said;
}

/** Words are the parts of a sentence. */
class Words {
  readonly r: AuditRecord;

  constructor(r: AuditRecord) {
    this.r = r;
  }

  get who() {
    return shown(this.r.username || (this.r.user_id ? `user ${this.r.user_id.slice(0, 8)}` : "Somebody"), 64);
  }

  get machine() {
    return shown(this.r.machine_name || this.r.agent_id?.slice(0, 8) || "a machine", 64);
  }

  get session() {
    const id = this.r.session_id;
    return id ? `session ${id.slice(0, 8)}` : "a session";
  }

  /** of is one value of the detail, or what stands for it where there is none. */
  of(name: string, or = "") {
    return shown(this.r.detail?.[name] || or, 120);
  }

  /** because is the reason, behind a colon. */
  get because() {
    const why = this.of("why");
    return why ? `: ${why}` : "";
  }

  get subject() {
    return this.of("subject_name") || this.of("subject").slice(0, 8) || "an account";
  }
}

const sentences: Record<string, (w: Words) => string> = {
  signup: (w) => `${w.who} made an account`,
  "signup refused": (w) => `Somebody could not make an account${w.because}`,
  login: (w) => `${w.who} signed in`,
  "login failed": (w) => `A wrong password for ${w.r.username ? w.who : "an unknown account"}`,
  "login throttled": (w) =>
    `Too many passwords were tried for ${w.r.username ? w.who : "an unknown account"}`,
  "login ended": (w) => `${w.who} signed out a login elsewhere`,
  logout: (w) => `${w.who} signed out`,
  refresh: (w) => `${w.who} renewed a token`,
  "token reused": (w) => `A token of ${w.who} was used after it had been replaced`,
  "token refused": (w) => `A token of ${w.who} was refused: it has ${w.of("why", "ended")}`,
  "password changed": (w) => `${w.who} changed their password`,
  "password change refused": (w) => `${w.who} gave a wrong password to change it`,
  "api key shown": (w) => `${w.who} looked at their API key`,
  "api key regenerated": (w) =>
    `${w.who} replaced their API key${w.of("keep_machines") === "true" ? " and kept the machines" : ""}`,
  "logins shown": (w) => `${w.who} looked where they are signed in`,
  "machine enrolled": (w) => `${w.machine} was added to the machines of ${w.who}`,
  "enrollment refused": (w) => `A machine could not be added${w.because}`,
  "machine approved": (w) => `${w.who} let ${w.machine} in`,
  "machine changed": (w) =>
    w.of("from", w.machine) !== w.machine
      ? `${w.who} renamed ${w.of("from")} to ${w.machine}`
      : `${w.who} changed what is said of ${w.machine}`,
  "machine deleted": (w) => `${w.who} deleted ${w.machine}`,
  "machine online": (w) => `${w.machine} came online`,
  "machine offline": (w) => `${w.machine} went offline`,
  "machine refused": (w) => `${w.r.agent_id ? w.machine : "A machine"} was not let in${w.because}`,
  "machine key used twice": (w) => `The key of ${w.machine} was used twice: there may be a copy of it`,
  "machine counter jumped": (w) => `The counter of ${w.machine} jumped: a copy of its key may be about`,
  "session started": (w) => {
    const what = w.of("command") ? `ran ${w.of("command")}` : `started ${w.of("name", "a shell")}`;
    return `${w.who} ${what} on ${w.machine}`;
  },
  "session ended": (w) =>
    `${capital(w.session)} on ${w.machine} ended with exit code ${w.of("exit_code", "unknown")}`,
  "session lost": (w) => `${capital(w.session)} on ${w.machine} is gone, and nobody knows how it ended`,
  "session renamed": (w) => `${w.who} renamed ${w.of("from", "a session")} to ${w.of("to")} on ${w.machine}`,
  "session killed": (w) => `${w.who} ended ${w.of("name") || w.session} on ${w.machine}`,
  attach: (w) =>
    `${w.who} ${w.of("read_only") === "true" ? "watches" : "joined"} ${w.session} on ${w.machine}${by(w.of("source"))}`,
  detach: (w) => `${w.who} left ${w.session} on ${w.machine}${after(w.of("after"))}`,
  ticket: (w) => `${w.who} asked for a terminal on ${w.machine}`,
  "viewer refused": (w) => `${w.who} was cut off ${w.session} on ${w.machine}${w.because}`,
  "access denied": (w) => `${w.who} asked for what is not theirs, or does not exist`,
  "origin refused": (w) => `A page of ${w.of("origin", "another site")} tried to use vsay`,
  "many refused": () => "Many were refused",
  "user disabled": (w) => `${w.who} disabled ${w.subject}`,
  "user enabled": (w) => `${w.who} enabled ${w.subject}`,
  "user deleted": (w) => `${w.who} deleted ${w.subject}`,
  "user promoted": (w) => `${w.who} made ${w.subject} an administrator`,
  "user demoted": (w) => `${w.who} made ${w.subject} an ordinary user`,
  "logins revoked": (w) => `${w.who} ended all logins of ${w.subject}`,
  "password replaced": (w) => `${w.who} reset the password of ${w.subject}`,
  invited: (w) => `${w.who} invited ${w.of("email", "whoever has the link")}`,
  "invitation taken back": (w) => `${w.who} took an invitation back`,
  "signing key rotated": () => "The key that signs tokens was replaced",
  "master key rotated": () => "The master key was replaced",
  restored: () => "The server was restored from a backup",
  "server started": (w) => `The server started${w.of("version") ? ` (${w.of("version")})` : ""}`,
  "server stopped": () => "The server stopped",
  "audit verified": (w) =>
    `The audit log was checked: ${w.of("ok") === "true" ? "it is whole" : w.of("problem", "it is not whole")}`,
  "audit pruned": (w) => `${w.of("records", "Some")} old records were forgotten`,
  "audit records lost": (w) => `${w.of("records", "Some")} records were lost`,
};

function capital(s: string): string {
  return s.charAt(0).toUpperCase() + s.slice(1);
}

function by(source: string): string {
  if (source === "ui") return " from the browser";
  return source ? ` by ${source}` : "";
}

/** after is how long somebody was there: "1h2m3.5s" of Go in words. */
function after(took: string): string {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(took);
  if (!took || !parts) return "";
  const [h, m, s] = parts.slice(1).map((n) => Number(n ?? 0));
  return ` after ${span((h ?? 0) * 3600 + (m ?? 0) * 60 + (s ?? 0))}`;
}
