import { signal } from "@preact/signals";
import { last } from "../api/account.ts";
import { letCopy, mayCopy, toClipboard } from "./clipboard.ts";
import { type Link, link } from "./link.ts";
import type { Question } from "./paste.ts";
import type { Wishes } from "./screen.ts";

/** Ask is a question that a person has to answer before something happens. */
export type Ask =
  | { readonly kind: "paste"; readonly text: string; readonly question: Question }
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "clipboard"; readonly text: string };

/** Consent is between what programs on a machine wish and what a person allows. */
export class Consent implements Wishes {
  readonly ask = signal<Ask | undefined>(undefined);
  readonly hint = signal(""); // why something that was just tried did nothing

  private readonly machine: string;
  private refusedNow = false; // the clipboard, by "not now"

  constructor(machine: string) {
    this.machine = machine;
  }

  link(address: string) {
    const to = link(address);
    if (to) this.ask.value = { kind: "link", link: to };
    else
      this.hint.value = "Only addresses of the web are opened from here, and none that hide where they lead";
  }

  clipboard(text: string) {
    const may = mayCopy(last.peek(), this.machine);
    if (may) void toClipboard(text);
    if (may !== undefined || this.refusedNow) return;
    const asked = this.ask.peek();
    if (asked && asked.kind !== "clipboard") return; // no program takes another question away from under a hand
    this.ask.value = { kind: "clipboard", text };
  }

  /** letCopy answers whether programs there may set the clipboard: from now on, never, or not now. */
  letCopy(answer: "always" | "never" | "not now", text: string) {
    this.ask.value = undefined;
    this.refusedNow = answer === "not now";
    if (answer === "not now") return;
    letCopy(last.peek(), this.machine, answer === "always");
    if (answer === "always") void toClipboard(text);
  }
}
