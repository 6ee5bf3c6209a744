import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

type Look =
  | "plain"
  | "primary"
  | "danger"
  | "danger sure"
  | "quiet"
  | "quiet icon"
  | "primary wide"
  | "quiet danger";

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> {
  look?: Look;
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  children: ComponentChildren;
}

/** Button does something. While it is busy it keeps its place and the focus, and takes no clicks. */
export function Button({ look = "plain", busy = false, type = "button", onClick, children, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${look}`}
      aria-disabled={busy || undefined}
      onClick={(e) => (busy ? e.preventDefault() : onClick?.(e))}
    >
      {children}
    </button>
  );
}

interface LinkProps {
  href: string;
  look?: Look;
  label?: string | undefined;
  children: ComponentChildren;
}

/** LinkButton leads somewhere, and looks like a button. */
export function LinkButton({ href, look = "plain", label, children }: LinkProps) {
  return (
    <a href={href} class={`button ${look}`} aria-label={label}>
      {children}
    </a>
  );
}
