import { icon } from "../ui/icons.tsx";

// What only a terminal needs.
export const SplitIcon = icon(<path d="M4 5h16v14H4zM12 5v14" />);
export const FullIcon = icon(<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" />);
export const GearIcon = icon(
  <path d="M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z" />,
);
export const HelpIcon = icon(
  <path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.5h.01" />,
);
export const MoreIcon = icon(<path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="3" />);
