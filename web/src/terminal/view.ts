import { effect, signal } from "@preact/signals";
import { Attachment } from "../session/attachment.ts";
import { isOver, type State } from "../session/view.ts";
import { shown } from "../ui/text.ts";
import { dark } from "../ui/theme.ts";
import type { Opened } from "../wire/body.ts";
import { beep } from "./bell.ts";
import { fromClipboard, noClipboard, toClipboard } from "./clipboard.ts";
import { Consent } from "./consent.ts";
import { type Held, type Key, keyBytes, modified, none, reports } from "./keys.ts";
import { Watch } from "./notify.ts";
import { question, typed } from "./paste.ts";
import { showPictures } from "./pictures.ts";
import { Renderer } from "./renderer.ts";
import { look, makeScreen, type Screen } from "./screen.ts";
import { type Settings, settings } from "./settings.ts";
import { touchScroll } from "./touch.ts";
import type { Spot } from "./workspace.ts";

/** history is how many bytes of earlier output a terminal begins with. */
const history = 256 << 10;

/** piece is how many bytes xterm.js takes at once: in between the page hears its keys and its mouse, whatever they ask for. */
const piece = 4 << 10;

/** The least time between two bells, in ms: a program can ring a million times a second. */
const betweenBells = 200;

/** ViewEvents are what a view tells its surroundings. */
export interface ViewEvents {
  /** opened is told which session it became. */
  opened(session: Opened): void;

  /** rang is told of a bell. */
  rang(): void;
}

/** View is one terminal on the page: a session, what it is drawn on, and what a person does with both. */
export class View {
  readonly host = document.createElement("div");
  readonly spot: Spot;
  readonly watch = new Watch();
  readonly consent: Consent;

  readonly state = signal<State>({ is: "connecting" });
  readonly title = signal("");
  readonly name = signal("");
  readonly waiting = signal(0); // bytes typed and not taken
  readonly lost = signal(0); // bytes of output that are gone for good
  readonly held = signal<Held>(none);
  readonly rang = signal(false); // and nobody saw it

  private readonly screen: Screen;
  private readonly renderer: Renderer;
  private readonly events: ViewEvents;
  private attachment: Attachment | undefined;
  private early: (string | Uint8Array)[] = []; // typed before there was one
  private readonly undo: (() => void)[] = [];
  private disposed = false;
  private frame = 0;
  private copying: ReturnType<typeof setTimeout> | undefined;
  private belled = Number.NEGATIVE_INFINITY; // when, as of performance.now()

  constructor(spot: Spot, events: ViewEvents) {
    this.spot = spot;
    this.events = events;
    this.host.className = "term";
    this.consent = new Consent(spot.machine);
    this.screen = makeScreen(settings.peek(), dark.peek(), this.consent);
    // Tests find the terminal here. Whoever runs in this page could read the screen anyhow.
    Object.defineProperty(this.host, "terminal", { value: this.terminal });
    this.renderer = new Renderer(this.terminal, () => this.fitSoon());
    this.terminal.open(this.host);
    this.listen();
  }

  get terminal() {
    return this.screen.terminal;
  }

  get search() {
    return this.screen.search;
  }

  private listen() {
    const t = this.terminal;
    t.onData((keys) => this.typed(keys));
    t.onBinary((bytes) => this.spot.readOnly || this.send(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
    t.onTitleChange((title) => {
      this.title.value = shown(shown(title.trim())); // what is made visible takes more room: cut it again
    });
    t.onBell(() => this.bell());
    t.onSelectionChange(() => this.selected());
    t.onResize(({ cols, rows }) => this.attachment?.resize(cols, rows));
    this.host.addEventListener("paste", (e) => this.pasted(e), { capture: true });
    touchScroll(t, this.host, () => matchMedia("(prefers-reduced-motion: reduce)").matches);
    const sized = new ResizeObserver(() => this.fitSoon());
    sized.observe(this.host);
    this.undo.push(() => sized.disconnect());
    this.undo.push(effect(() => this.adopt(settings.value, dark.value)));
  }

  private adopt(s: Settings, pageIsDark: boolean) {
    const isDark = s.shade === "page" ? pageIsDark : s.shade === "dark";
    this.host.dataset.shade = isDark ? "dark" : "light";
    const options = look(s, isDark);
    this.host.style.background = options.theme?.background ?? "";
    Object.assign(this.terminal.options, options);
    this.fitSoon();
  }

  /** fitSoon fits the terminal to its place, at most once for each picture that is drawn. */
  private fitSoon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.fit();
    });
  }

  private fit() {
    if (this.disposed || !this.resize()) return;
    // How wide a cell is depends on how it is drawn.
    if (!this.attachment) void this.renderer.show().then(() => this.attach());
  }

  /** resize says whether the terminal has a place now. */
  private resize(): boolean {
    const to = this.screen.fit.proposeDimensions();
    if (!to || !(to.cols >= 2 && to.rows >= 1)) return false;
    const { terminal: t } = this;
    if (to.cols !== t.cols || to.rows !== t.rows) t.resize(to.cols, to.rows);
    return true;
  }

  /** attach begins the session, once it is known how large it will be. */
  private attach() {
    if (this.attachment || this.disposed) return;
    this.resize();
    const { cols, rows } = this.terminal;
    this.attachment = new Attachment({ ...this.spot, cols, rows, history }, this.drawn, {
      state: (now) => this.became(now),
      opened: (session) => this.opened(session),
      unacknowledged: (bytes) => {
        this.waiting.value = bytes;
      },
      gap: (bytes) => {
        this.lost.value += bytes;
      },
    });
    for (const keys of this.early.splice(0)) this.hand(keys, this.attachment);
  }

  private readonly drawn = {
    write: (bytes: Uint8Array, drawn: () => void) => {
      this.watch.output(Date.now());
      const rest = bytes.length - piece;
      let at = 0;
      for (; at < rest; at += piece) this.terminal.write(bytes.subarray(at, at + piece));
      this.terminal.write(bytes.subarray(at), drawn);
    },
  };

  private became(now: State) {
    this.state.value = now;
    this.terminal.options.disableStdin = isOver(now);
  }

  private opened(session: Opened) {
    this.name.value = session.name;
    this.events.opened(session);
    showPictures(this.terminal, () => this.disposed);
  }

  // What a person does.

  private typed(keys: string) {
    if (this.spot.readOnly && reports(keys)) return; // nobody tried to type
    const held = this.held.peek();
    const one = [...keys].length === 1; // and no answer of the terminal itself
    if (one && held !== none) this.held.value = none;
    this.send(one ? modified(keys, held) : keys);
  }

  /** press is for a key of the key bar. */
  press(key: Key) {
    this.send(keyBytes(key, this.held.peek(), this.terminal.modes.applicationCursorKeysMode));
    this.held.value = none;
    this.terminal.scrollToBottom();
  }

  /** hold holds a modifier down for the next key, or lets it go. */
  hold(which: keyof Held) {
    const held = { ...this.held.peek(), [which]: !this.held.peek()[which] };
    this.held.value = held.ctrl || held.alt ? held : none;
  }

  private send(keys: string | Uint8Array) {
    if (typeof keys === "string") this.watch.typed(keys, Date.now());
    if (this.attachment) this.hand(keys, this.attachment);
    else this.early.push(keys);
  }

  private hand(keys: string | Uint8Array, to: Attachment) {
    if (to.type(keys)) {
      this.consent.hint.value = "";
      return;
    }
    const tooMuch =
      "So much is waiting to be typed already that this was left out: try again when it is through";
    this.consent.hint.value = this.spot.readOnly ? "You only watch here: nothing is typed" : tooMuch;
  }

  private pasted(e: ClipboardEvent) {
    e.preventDefault();
    e.stopPropagation();
    this.paste(e.clipboardData?.getData("text/plain") ?? "");
  }

  /** paste types a text, after a question where it would run by itself. */
  paste(text: string) {
    if (!text) return;
    const asked = question(text, this.terminal.modes.bracketedPasteMode);
    if (asked && !this.spot.readOnly) this.consent.ask.value = { kind: "paste", text, question: asked };
    else this.typePaste(text);
  }

  /** typePaste types it now. */
  typePaste(text: string) {
    this.send(typed(text, this.terminal.modes.bracketedPasteMode));
    this.terminal.scrollToBottom();
  }

  /** copy puts what is selected into the clipboard. */
  async copy() {
    const text = this.terminal.getSelection();
    if (!text) return;
    if (await toClipboard(text)) return;
    this.terminal.focus();
    document.execCommand("copy"); // where there is no other way: xterm.js fills in what is selected
  }

  /** copySeen copies all lines that are seen, where there is no mouse to select some. */
  async copySeen() {
    const { active: b } = this.terminal.buffer;
    const lines = Array.from({ length: this.terminal.rows }, (_, i) => b.getLine(b.viewportY + i));
    const text = lines.map((l) => l?.translateToString(true) ?? "").join("\n");
    if (!(await toClipboard(text.trimEnd()))) this.consent.hint.value = noClipboard;
  }

  /** pasteHeld pastes what the clipboard holds, where there are no keys for that. */
  async pasteHeld() {
    const text = await fromClipboard();
    if (text === undefined) this.consent.hint.value = noClipboard;
    else this.paste(text);
    this.focus();
  }

  private selected() {
    clearTimeout(this.copying);
    if (!settings.peek().copyOnSelect || !this.terminal.hasSelection()) return;
    this.copying = setTimeout(() => void this.copy(), 200); // when the mouse rests
  }

  focus() {
    this.terminal.focus();
  }

  /** show is for a view that begins to be seen. */
  show() {
    this.rang.value = false;
    this.watch.looked(Date.now());
    void this.renderer.show();
  }

  private bell() {
    const how = settings.peek().bell;
    const now = performance.now();
    if (how === "none" || now - this.belled < betweenBells) return;
    this.belled = now;
    if (how === "sound") beep();
    this.host.classList.remove("rings");
    void this.host.offsetWidth; // the animation begins anew
    this.host.classList.add("rings");
    this.events.rang();
  }

  // What is to be done about a state.

  retryNow() {
    this.attachment?.retryNow();
  }

  takeBack() {
    this.attachment?.takeBack();
  }

  /** dispose leaves the session, which runs on. */
  dispose() {
    this.disposed = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.copying);
    for (const undo of this.undo) undo();
    this.attachment?.leave();
    this.renderer.dispose();
    this.terminal.dispose();
    this.host.remove();
  }
}
