import type { ComponentChildren } from "preact";

// Drawn here, on a grid of 24, with round lines of 1.75. They are decoration: what they mean is said in words beside
// them, or by the label of their button.
/** icon is one of those lines. */
export function icon(lines: ComponentChildren) {
  return function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg
        aria-hidden="true"
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="1.75"
        stroke-linecap="round"
        stroke-linejoin="round"
      >
        {lines}
      </svg>
    );
  };
}

export const MachineIcon = icon(<path d="M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01" />);
export const TerminalIcon = icon(<path d="M3 5h18v14H3zM7 9.5l3 2.5-3 2.5M12.5 15H17" />);
export const ListIcon = icon(<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01" />);
export const PersonIcon = icon(<path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0" />);
export const PeopleIcon = icon(
  <path d="M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18.5 14a6.5 6.5 0 0 1 3 5.5" />,
);
export const MailIcon = icon(<path d="M3.5 6h17v12h-17zM4 7l8 6 8-6" />);
export const PlusIcon = icon(<path d="M12 5v14M5 12h14" />);
export const SearchIcon = icon(<path d="M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20" />);
export const CopyIcon = icon(<path d="M9 9h11v11H9zM15 9V4H4v11h5" />);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6 6 18" />);
export const EyeIcon = icon(
  <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z" />,
);
export const UpIcon = icon(<path d="m6 14 6-6 6 6" />);
export const DownIcon = icon(<path d="m6 10 6 6 6-6" />);
export const RightIcon = icon(<path d="m9 6 6 6-6 6" />);
export const WarnIcon = icon(<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.5h.01" />);
export const InfoIcon = icon(<path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5h.01" />);
