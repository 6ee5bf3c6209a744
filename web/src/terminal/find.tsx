import "./find.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { CloseIcon, DownIcon, UpIcon } from "../ui/icons.tsx";
import type { View } from "./view.ts";

/** The marks of what was found; xterm.js wants them as colours of their own. */
const decorations = {
  matchBackground: "#f2cd7e",
  matchOverviewRuler: "#c9962f",
  activeMatchBackground: "#ff9f5a",
  activeMatchBorder: "#d9480f",
  activeMatchColorOverviewRuler: "#ff7a1f",
};

/** FindBar finds text in what was put out, from the newest line up. */
export function FindBar({ view, onClose }: { view: View; onClose: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [exact, setExact] = useState(false);
  const [found, setFound] = useState({ at: -1, of: 0 });
  useEffect(() => {
    input.current?.focus();
    const results = view.search.onDidChangeResults((r) => setFound({ at: r.resultIndex, of: r.resultCount }));
    return () => {
      results.dispose();
      view.search.clearDecorations();
    };
  }, [view]);

  const options = { caseSensitive: exact, decorations };
  const up = (incremental = false) => view.search.findPrevious(text, { ...options, incremental });
  useEffect(() => {
    if (text) view.search.findPrevious(text, { caseSensitive: exact, decorations, incremental: true });
    else view.search.clearDecorations();
  }, [view, text, exact]);

  const close = () => {
    onClose();
    view.focus();
  };
  const keys = (e: KeyboardEvent) => {
    if (e.key === "Escape") close();
    else if (e.key === "Enter" && e.shiftKey) view.search.findNext(text, options);
    else if (e.key === "Enter") up();
    else return;
    e.preventDefault();
  };
  return (
    <search class="find">
      <input
        ref={input}
        class="input"
        type="text"
        aria-label="Find in the terminal"
        placeholder="Find"
        autocomplete="off"
        spellcheck={false}
        onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={keys}
      />
      <span class="found soft small" role="status">
        {text && (found.of === 0 ? "Nothing" : `${found.at + 1} of ${found.of}`)}
      </span>
      <label class="exact small">
        <input type="checkbox" onChange={(e) => setExact(e.currentTarget.checked)} /> Aa
        <span class="unseen">Upper and lower case count</span>
      </label>
      <button type="button" class="tool icon" aria-label="The one before" onClick={() => up()}>
        <UpIcon />
      </button>
      <button
        type="button"
        class="tool icon"
        aria-label="The next one"
        onClick={() => view.search.findNext(text, options)}
      >
        <DownIcon />
      </button>
      <button type="button" class="tool icon" aria-label="Close the search" onClick={close}>
        <CloseIcon />
      </button>
    </search>
  );
}
