import "./strip.css";
import { useEffect, useRef } from "preact/hooks";
import { CloseIcon, MachineIcon, PlusIcon, SearchIcon } from "../ui/icons.tsx";
import { closePane, current, showTab, splitSpot, turnPanes, viewOf, workspace } from "./desk.ts";
import { FullIcon, GearIcon, HelpIcon, SplitIcon } from "./icons.tsx";
import { Choice, Menu } from "./menu.tsx";
import { nameOf } from "./name.ts";
import type { Does } from "./run.ts";
import { SettingsPanel } from "./settings-panel.tsx";
import { maxPanes, type Tab } from "./workspace.ts";

/** Strip is above the terminals: the tabs, and what is for all of them. */
export function Strip({ does }: { does: Does }) {
  const { tabs, at } = workspace.value;
  return (
    <div class="strip">
      <a class="tool icon" href="/" aria-label="To the machines" title="To the machines">
        <MachineIcon />
      </a>
      <ul class="tabs" aria-label="Open sessions">
        {tabs.map((tab, i) => (
          <TabButton key={tab.id} tab={tab} seen={i === at} at={i} />
        ))}
      </ul>
      <Tool label="Open a session" onClick={does.open}>
        <PlusIcon />
      </Tool>
      <span class="grow" />
      <SplitMenu />
      <Tool label="Find" onClick={does.find} class="roomy">
        <SearchIcon />
      </Tool>
      <Menu label="Settings" button={<GearIcon />} class="icon" wide>
        <SettingsPanel />
      </Menu>
      <Tool label="Full screen" onClick={does.fullScreen} class="roomy">
        <FullIcon />
      </Tool>
      <Tool label="Keys" onClick={does.help}>
        <HelpIcon />
      </Tool>
    </div>
  );
}

interface ToolProps {
  label: string;
  class?: string;
  onClick: () => void;
  children: preact.ComponentChildren;
}

function Tool({ label, class: more = "", onClick, children }: ToolProps) {
  return (
    <button type="button" class={`tool icon ${more}`} aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  );
}

function SplitMenu() {
  const pane = current.value;
  const { tabs, at } = workspace.value;
  const tab = tabs[at];
  if (!pane || !tab) return null;
  const fresh = { machine: pane.spot.machine, fresh: true };
  const full = tab.panes.length >= maxPanes;
  return (
    <Menu label="Split" button={<SplitIcon />} class="icon roomy">
      {!full && <Choice onClick={() => splitSpot("row", fresh)}>New session beside this one</Choice>}
      {!full && <Choice onClick={() => splitSpot("column", fresh)}>New session below this one</Choice>}
      {tab.panes.length > 1 && (
        <Choice onClick={turnPanes}>
          {tab.way === "row" ? "Lay them above each other" : "Lay them side by side"}
        </Choice>
      )}
    </Menu>
  );
}

function TabButton({ tab, seen, at }: { tab: Tab; seen: boolean; at: number }) {
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (seen) ref.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [seen]);
  const pane = tab.panes[tab.at] ?? tab.panes[0];
  if (!pane) return null;
  const view = viewOf(pane);
  const name = nameOf(pane, view);
  const title = view.title.value;
  const rang = !seen && tab.panes.some((p) => viewOf(p).rang.value);
  const more = tab.panes.length > 1 ? ` +${tab.panes.length - 1}` : "";
  const close = () => {
    for (const p of tab.panes) closePane(p.id);
  };
  return (
    <li class={seen ? "tab seen" : "tab"}>
      <button
        ref={ref}
        type="button"
        class="tab-show"
        aria-current={seen ? "true" : undefined}
        title={title ? `${name} – ${title}` : name}
        onClick={() => showTab(at)}
        onAuxClick={(e) => e.button === 1 && close()}
      >
        <span class={`dot ${rang ? "rang" : view.state.value.is.replace(" ", "-")}`} aria-hidden="true" />
        <span class="tab-name">
          {title || name}
          {more}
        </span>
        {rang && <span class="unseen">, something happened there</span>}
      </button>
      <button
        type="button"
        class="tab-close"
        aria-label={`Close ${name}`}
        title="Close; the session runs on"
        onClick={close}
      >
        <CloseIcon size={14} />
      </button>
    </li>
  );
}
