import { expect, test } from "vitest";
import { palettes, themeOf } from "./theme.ts";

/** Luminance and contrast as WCAG 2 has them. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a = "", b = ""): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const names = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const brights = [
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
] as const;

for (const { name } of palettes) {
  for (const dark of [false, true]) {
    test(`every colour of ${name}, ${dark ? "dark" : "light"}, can be read`, () => {
      const theme = themeOf(name, dark);
      for (const colour of [...names, ...brights, "brightBlack", "brightWhite", "foreground"] as const) {
        expect(contrast(theme[colour], theme.background), colour).toBeGreaterThanOrEqual(4.5);
      }
      expect(contrast(theme.foreground, theme.selectionBackground), "selected").toBeGreaterThanOrEqual(4.5);
      expect(contrast(theme.cursor, theme.background), "cursor").toBeGreaterThanOrEqual(3);
    });
  }
}
