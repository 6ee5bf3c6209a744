import "./keybar.css";
import { useEffect, useRef } from "preact/hooks";
import type { Held, Key } from "./keys.ts";
import type { View } from "./view.ts";

/** What a key says, and what it is called where that is a sign and no word. */
const keys: readonly { key: Key; face: string; label?: string; repeats?: true }[] = [
  { key: "Escape", face: "Esc" },
  { key: "Tab", face: "Tab" },
  { key: "Left", face: "←", label: "Left", repeats: true },
  { key: "Down", face: "↓", label: "Down", repeats: true },
  { key: "Up", face: "↑", label: "Up", repeats: true },
  { key: "Right", face: "→", label: "Right", repeats: true },
  { key: "|", face: "|", label: "Pipe" },
  { key: "~", face: "~", label: "Tilde" },
  { key: "/", face: "/", label: "Slash" },
  { key: "-", face: "-", label: "Dash" },
  { key: "Home", face: "Home" },
  { key: "End", face: "End" },
  { key: "PageUp", face: "PgUp", repeats: true },
  { key: "PageDown", face: "PgDn", repeats: true },
];

/** KeyBar has the keys that the keyboard of a touch screen lacks. They type without taking the focus, so it stays up. */
export function KeyBar({ view }: { view: View }) {
  return (
    <div class="keybar" role="toolbar" aria-label="Keys" onMouseDown={(e) => e.preventDefault()}>
      <Modifier view={view} which="ctrl" face="Ctrl" />
      <Modifier view={view} which="alt" face="Alt" />
      {keys.map((k) => (
        <BarKey
          key={k.key}
          face={k.face}
          label={k.label}
          repeats={k.repeats ?? false}
          press={() => view.press(k.key)}
        />
      ))}
    </div>
  );
}

function Modifier({ view, which, face }: { view: View; which: keyof Held; face: string }) {
  return (
    <button type="button" aria-pressed={view.held.value[which]} onClick={() => view.hold(which)}>
      {face}
    </button>
  );
}

/** When a key that is held begins to repeat, and how often it does then, in ms. */
const patience = 400;
const pace = 60;

interface BarKeyProps {
  face: string;
  label: string | undefined;
  repeats: boolean;
  press: () => void;
}

function BarKey({ face, label, repeats, press }: BarKeyProps) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const repeated = useRef(false);
  const stop = () => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  const again = () => {
    repeated.current = true;
    press();
    timer.current = setTimeout(again, pace);
  };
  const down = () => {
    repeated.current = false;
    if (repeats) timer.current = setTimeout(again, patience);
  };
  const click = () => {
    stop();
    if (!repeated.current) press();
    repeated.current = false;
  };
  return (
    <button
      type="button"
      aria-label={label}
      onPointerDown={down}
      onPointerUp={stop}
      onPointerCancel={stop}
      onPointerLeave={stop}
      onContextMenu={(e) => e.preventDefault()}
      onClick={click}
    >
      {face}
    </button>
  );
}
