import { shown } from "../ui/text.ts";

/** Link is an address that a person may be asked about: what is opened, and how it is shown. */
export interface Link {
  readonly href: string;
  readonly before: string; // of the address, in front of its host: "https://"
  readonly host: string; // what decides where one ends up
  readonly after: string;
}

/** maxLink is how long an address may be: what nobody can read nobody can agree to. */
export const maxLink = 2048;

/** link reads an address that a program printed. Undefined: it is none that may be opened from a terminal. */
export function link(text: string): Link | undefined {
  if (text.length > maxLink) return undefined;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  // A name in front of the host looks like the host: https://bank.example@evil.example/
  if (url.username || url.password || !url.host) return undefined;
  const before = `${url.protocol}//`;
  return {
    href: url.href,
    before,
    host: url.host,
    after: shown(url.href.slice(before.length + url.host.length), maxLink),
  };
}
