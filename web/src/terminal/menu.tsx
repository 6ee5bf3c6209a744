import "./menu.css";
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

interface Props {
  label: string; // of the button
  button: ComponentChildren;
  class?: string;
  wide?: boolean;
  children: ComponentChildren;
  onOpen?: () => void;
}

/** Menu is a button, and what it shows below itself until one clicks elsewhere or presses Esc. */
export function Menu({ label, button, class: look = "", wide = false, children, onOpen }: Props) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const place = () => {
    if (opener.current && panel.current) placeBelow(opener.current, panel.current);
  };
  const toggled = (e: { newState: string }) => {
    if (e.newState !== "open") return;
    place();
    panel.current?.querySelector<HTMLElement>("button, input, select, a")?.focus();
  };
  const before = (e: { newState: string }) => {
    if (e.newState === "open") onOpen?.();
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={`tool ${look}`}
        popovertarget={id}
        aria-label={label}
        title={label}
      >
        {button}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click on one of the buttons in it closes it */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter clicks buttons, and Esc closes by itself */}
      <div
        ref={panel}
        id={id}
        popover="auto"
        class={wide ? "menu wide" : "menu"}
        onBeforeToggle={before}
        onToggle={toggled}
        onClick={(e) => {
          if (e.target instanceof Element && e.target.closest(".choice")) panel.current?.hidePopover();
        }}
      >
        {children}
      </div>
    </>
  );
}

/** placeBelow puts a panel below its button, inside of the window. */
function placeBelow(button: HTMLElement, panel: HTMLElement) {
  const at = button.getBoundingClientRect();
  const margin = 8;
  const right = at.left > innerWidth / 2; // it lies to the side where there is more room
  const left = Math.min(
    right ? at.right - panel.offsetWidth : at.left,
    innerWidth - panel.offsetWidth - margin,
  );
  panel.style.left = `${Math.max(margin, left)}px`;
  panel.style.top = `${at.bottom + 4}px`;
  panel.style.maxHeight = `${innerHeight - at.bottom - 4 - margin}px`;
}

interface ChoiceProps {
  onClick: () => void;
  danger?: boolean;
  children: ComponentChildren;
}

/** Choice is one thing to do in a Menu, which closes with it. */
export function Choice({ onClick, danger = false, children }: ChoiceProps) {
  return (
    <button type="button" class={danger ? "choice danger" : "choice"} onClick={onClick}>
      {children}
    </button>
  );
}
