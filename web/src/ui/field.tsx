import { useId, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { EyeIcon } from "./icons.tsx";

interface Props {
  label: string;
  hint?: string | undefined;
  name: string;
  type?: "text" | "email" | "date";
  autocomplete?: string;
  autocapitalize?: "off";
  spellcheck?: boolean;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  title?: string;
  placeholder?: string;
  defaultValue?: string; // where what is typed is read from the form
  value?: string;
  onInput?: (e: InputEvent & { currentTarget: HTMLInputElement }) => void;
}

/** Field is one line to be typed into, with its label. */
export function Field({ label, hint, ...input }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...(input as object)} id={id} class="input" aria-describedby={hint && `${id}-hint`} />
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** PasswordField is one for a password, which can be looked at. */
export function PasswordField({ label, hint, ...input }: Omit<Props, "type">) {
  const id = useId();
  const [seen, see] = useState(false);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-button">
        <input
          {...(input as object)}
          id={id}
          class="input"
          {...({ type: seen ? "text" : "password" } as object)}
          autocapitalize="off"
          spellcheck={false}
          aria-describedby={hint && `${id}-hint`}
        />
        <Button
          look="quiet icon"
          aria-label="Show the password"
          aria-pressed={seen}
          onClick={() => see(!seen)}
        >
          <EyeIcon />
        </Button>
      </div>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  name: string;
  value: T;
  of: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
}

/** Choice is one of a few. */
export function Choice<T extends string>({ label, name, value, of, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {of.map(([v, words]) => (
        <label key={v}>
          <input type="radio" name={name} checked={v === value} onChange={() => onChoose(v)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

/** value is what was typed into a field of a form. */
export function value(form: HTMLFormElement, name: string): string {
  const v = new FormData(form).get(name);
  return typeof v === "string" ? v : "";
}
