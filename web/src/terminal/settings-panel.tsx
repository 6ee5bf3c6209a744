import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { fontFamily, type Settings, scrollbacks, set, settings, sizes } from "./settings.ts";
import { palettes } from "./theme.ts";

/** SettingsPanel is how terminals look and behave. Each change is seen at once. */
export function SettingsPanel() {
  const s = settings.value;
  return (
    <div class="settings">
      <h2>Terminal</h2>
      <Size />
      <Line label="Font">
        <input
          class="input"
          value={s.font}
          placeholder="The system's"
          list="fonts"
          maxLength={64}
          spellcheck={false}
          onChange={(e) => set({ font: e.currentTarget.value })}
        />
        <datalist id="fonts">
          {[
            "JetBrains Mono",
            "Fira Code",
            "Cascadia Code",
            "SF Mono",
            "Menlo",
            "Source Code Pro",
            "Ubuntu Mono",
          ].map((f) => (
            <option key={f} value={f} />
          ))}
        </datalist>
      </Line>
      <Select label="Colours" of="palette" options={palettes.map((p) => [p.name, p.label])} />
      <Select label="Light or dark" of="shade" options={shades} />
      <Select label="Cursor" of="cursor" options={cursors} />
      <Select label="Bell" of="bell" options={bells} />
      <Select label="Key bar" of="keyBar" options={keyBars} />
      <Line label="Lines kept">
        <select
          class="input"
          value={s.scrollback}
          onChange={(e) => set({ scrollback: Number(e.currentTarget.value) })}
        >
          {[...new Set([...scrollbacks, s.scrollback])].map((n) => (
            <option key={n} value={n}>
              {n.toLocaleString("en")}
            </option>
          ))}
        </select>
      </Line>
      <Check of="blink">The cursor blinks</Check>
      <Check of="copyOnSelect">Copy what is selected at once</Check>
      <Check of="readable">Change colours that can hardly be read</Check>
      <Check of="screenReader">Read output aloud (for screen readers)</Check>
      <Notifications />
    </div>
  );
}

type Options = readonly (readonly [string, string])[];

const shades: Options = [
  ["page", "As the page"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const cursors: Options = [
  ["block", "Block"],
  ["bar", "Bar"],
  ["underline", "Underline"],
];
const bells: Options = [
  ["visual", "Seen"],
  ["sound", "Seen and heard"],
  ["none", "None"],
];
const keyBars: Options = [
  ["touch", "On touch screens"],
  ["always", "Always"],
  ["never", "Never"],
];

function Line({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class="setting">
      <span>{label}</span>
      <span>{children}</span>
    </label>
  );
}

function Select({ label, of, options }: { label: string; of: keyof Settings; options: Options }) {
  return (
    <Line label={label}>
      <select
        class="input"
        value={String(settings.value[of])}
        onChange={(e) => set({ [of]: e.currentTarget.value })}
      >
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Line>
  );
}

function Check({ of, children }: { of: keyof Settings; children: ComponentChildren }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={settings.value[of] === true}
        onChange={(e) => set({ [of]: e.currentTarget.checked })}
      />
      <span>{children}</span>
    </label>
  );
}

function Size() {
  const { size, font } = settings.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame and a legend that cannot lie beside its fields
    <div class="setting" role="group" aria-label="Font size">
      <span>Font size</span>
      <span class="stepper">
        <Button aria-label="Smaller" disabled={size <= sizes.least} onClick={() => set({ size: size - 1 })}>
          −
        </Button>
        <output ref={(el) => el?.style.setProperty("font-family", fontFamily(font))}>{size} px</output>
        <Button aria-label="Larger" disabled={size >= sizes.most} onClick={() => set({ size: size + 1 })}>
          +
        </Button>
      </span>
    </div>
  );
}

/** Notifications are asked for by a click here, and nowhere else. */
function Notifications() {
  const [refused, refuse] = useState(false);
  if (typeof Notification === "undefined") return null;
  const change = async (on: boolean) => {
    const allowed = on && (await Notification.requestPermission()) === "granted";
    refuse(on && !allowed);
    set({ notify: allowed });
  };
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={settings.value.notify && Notification.permission === "granted"}
          onChange={(e) => void change(e.currentTarget.checked)}
        />
        <span>Tell me when a long command ends, or a bell rings, in a tab that I do not see</span>
      </label>
      {refused && (
        <p class="soft small" role="alert">
          The browser does not let this page do that: allow notifications in its settings for this site.
        </p>
      )}
    </>
  );
}
