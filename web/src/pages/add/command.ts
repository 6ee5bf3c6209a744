/** How is what the agent becomes: a service that is there after a reboot, or a program in a terminal. */
export type How = "service" | "user" | "terminal";

/** command is the line that adds a machine to the server at origin. Nothing in it is secret. */
export function command(origin: string, how: How, name: string): string {
  const verb = {
    service: "sudo vsay agent install",
    user: "vsay agent install --user",
    terminal: "vsay agent",
  }[how];
  const named = name.trim() ? ` --name ${quoted(name.trim())}` : "";
  return `${verb} ${host(origin)} --token-file -${named}`;
}

/** host names the server as vsay wants it: https is understood but on the machine itself, and http has to be asked for. */
function host(origin: string): string {
  const url = new URL(origin);
  if (loopback(origin)) return `--host ${url.protocol === "http:" ? url.host : origin}`;
  return url.protocol === "https:" ? `--host ${url.host}` : `--host ${origin} --insecure-http`;
}

/** loopback tells whether an origin can be reached from its own machine alone. */
export function loopback(origin: string): boolean {
  return /^(localhost|127(\.\d+){3})$/.test(new URL(origin).hostname);
}

/** quoted is a word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
