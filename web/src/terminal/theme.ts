import type { ITheme } from "@xterm/xterm";

/** Palette is the name of a pair of themes, one light and one dark. */
export type Palette = "vsay" | "paper" | "contrast";

export const palettes: readonly { name: Palette; label: string }[] = [
  { name: "vsay", label: "vsay" },
  { name: "paper", label: "Warm" },
  { name: "contrast", label: "High contrast" },
];

/** themeOf is the theme of a palette for a light or a dark page. */
export function themeOf(palette: Palette, dark: boolean): ITheme {
  return themes[palette][dark ? 1 : 0];
}

const eight = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const sixteen = [...eight, ...eight.map((c) => `bright${c.charAt(0).toUpperCase()}${c.slice(1)}`)];

/** ansi names the sixteen colours, in the order that terminals number them. */
function ansi(colours: string): ITheme {
  return Object.fromEntries(colours.split(" ").map((colour, i) => [sixteen[i], colour]));
}

const themes: Record<Palette, readonly [ITheme, ITheme]> = {
  vsay: [
    {
      background: "#fdfcfa",
      foreground: "#262724",
      cursor: "#0b6b55",
      cursorAccent: "#fdfcfa",
      selectionBackground: "#bfe3d7",
      selectionInactiveBackground: "#e2e2dc",
      ...ansi(
        "#262724 #b3261e #1d7038 #8a5a00 #2458c5 #8e3a9d #0b6e77 #6b6a64 #5b5a55 #c8372d #2a7d3f #92640f #3267d6 #9e49ad #147983 #1b1c1a",
      ),
    },
    {
      background: "#121413",
      foreground: "#dedfd9",
      cursor: "#52cfa5",
      cursorAccent: "#121413",
      selectionBackground: "#2b5348",
      selectionInactiveBackground: "#343936",
      ...ansi(
        "#3a403c #ff8379 #73ce88 #e2b457 #82b1ff #d79bea #5fcbd0 #c9cbc4 #858c86 #ffa198 #96e3a6 #f2cd7e #a5c8ff #e6b9f4 #8be0e3 #f7f8f4",
      ),
    },
  ],
  paper: [
    {
      background: "#f8f1e1",
      foreground: "#3f3528",
      cursor: "#9a4b10",
      cursorAccent: "#f8f1e1",
      selectionBackground: "#e8d3a6",
      selectionInactiveBackground: "#e9dfc9",
      ...ansi(
        "#3f3528 #a52a1c #4c6510 #7e5600 #28599b #8a3568 #1f6a62 #6e604b #6a5d49 #b2382a #546f15 #88600a #3465a8 #964275 #29736b #2c2418",
      ),
    },
    {
      background: "#1f1a15",
      foreground: "#e6d9c3",
      cursor: "#f0a35e",
      cursorAccent: "#1f1a15",
      selectionBackground: "#5a4429",
      selectionInactiveBackground: "#40372c",
      ...ansi(
        "#453b30 #f28a70 #b3c469 #e8b65c #8fb4d9 #d79bb8 #85c4b1 #d3c4ab #978a77 #ffa892 #c9d985 #f5cd81 #adcbea #e9b6cf #a3dac9 #fbf2e2",
      ),
    },
  ],
  contrast: [
    {
      background: "#ffffff",
      foreground: "#000000",
      cursor: "#000000",
      cursorAccent: "#ffffff",
      selectionBackground: "#9fd0ff",
      selectionInactiveBackground: "#d0d0d0",
      ...ansi(
        "#000000 #a00000 #005a00 #6b4500 #0000c0 #7a0078 #00555c #4a4a4a #3d3d3d #b00000 #006300 #704a00 #1a1ad6 #8a0088 #005e66 #000000",
      ),
    },
    {
      background: "#000000",
      foreground: "#ffffff",
      cursor: "#ffff00",
      cursorAccent: "#000000",
      selectionBackground: "#0a5ea8",
      selectionInactiveBackground: "#4a4a4a",
      ...ansi(
        "#4d4d4d #ff8a8a #7dff7d #ffff66 #9ec5ff #ff9cff #66ffff #e6e6e6 #b3b3b3 #ffb3b3 #b0ffb0 #ffffa3 #c2dbff #ffc4ff #a6ffff #ffffff",
      ),
    },
  ],
};
