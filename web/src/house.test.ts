import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** rooms are those of docs/web.md, each with the rooms that it may import: arrows point one way. */
const rooms: Record<string, readonly string[]> = {
  app: ["pages", "terminal", "ui", "api"],
  pages: ["ui", "api", "wire"],
  terminal: ["session", "ui", "api", "wire"],
  ui: ["api"],
  api: ["wire"],
  session: ["wire"],
  wire: [],
};

/** homes are the rooms of each library. What speaks knows no screen and what draws no socket, so neither may spread. */
const homes: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^preact(\/hooks)?$/, ["main.tsx", "app", "pages", "terminal", "ui"]],
  [/^@preact\/signals$/, ["app", "pages", "terminal", "ui", "api"]],
  [/^@xterm\//, ["terminal"]],
];

/** words are those that have one home each: what is kept in the browser, and who asks the server. */
const words: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\b(local|session)Storage\b|\bindexedDB\b|\bdocument\.cookie\b/, ["ui/theme.ts", "terminal/settings.ts"]],
  [/\bfetch\(/, ["api/request.ts", "session/connect.ts"]],
  [/\bnew WebSocket\(/, ["session/connect.ts"]],
  [/\bnew EventSource\(/, ["api/live.ts"]],
  [/\b(inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdangerouslySetInnerHTML\b/, []],
];

/** stages are what tests stand on. They have no business in a page. */
const stages = ["session/stage.ts", "session/stagesession.ts", "wire/vectors.ts"];

const here = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(here, { recursive: true, encoding: "utf8" })
  .map((name) => ({ name: name.replaceAll("\\", "/"), tests: /\.test\.tsx?$/.test(name) }))
  .filter(({ name }) => /\.tsx?$/.test(name) && name !== "house.test.ts")
  .map((file) => ({ ...file, text: readFileSync(new URL(file.name, import.meta.url), "utf8") }));

const room = (name: string) => name.split("/")[0] ?? "";

/** imported gives what a file imports: files as they are named below src, libraries by their own names. */
function imported(name: string, text: string): string[] {
  const said = [...text.matchAll(/^(?:import|export)\s(?:[^;"]*\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm)];
  return said.map(([, whole, lazy]) => {
    const to = whole ?? lazy ?? "";
    return to.startsWith(".") ? new URL(to, `file:///${name}`).pathname.slice(1) : to;
  });
}

test("arrows point one way", () => {
  const wrong = files.flatMap(({ name, text }) =>
    imported(name, text)
      .filter((to) => room(to) in rooms && room(name) !== "main.tsx")
      .filter((to) => room(to) !== room(name) && !rooms[room(name)]?.includes(room(to)))
      .map((to) => `${name} → ${to}`),
  );
  expect(wrong).toEqual([]);
});

test("each arrow that may be is there", () => {
  const arrows = new Set(
    files.flatMap(({ name, text }) => imported(name, text).map((to) => `${room(name)} → ${room(to)}`)),
  );
  const allowed = Object.entries(rooms).flatMap(([from, to]) => to.map((t) => `${from} → ${t}`));
  expect(allowed.filter((arrow) => !arrows.has(arrow))).toEqual([]);
});

test("each library has its rooms", () => {
  const wrong = files
    .filter((file) => !file.tests)
    .flatMap(({ name, text }) =>
      imported(name, text)
        .flatMap((to) => homes.filter(([library]) => library.test(to)).map(([, of]) => ({ to, of })))
        .filter(({ of }) => !of.includes(room(name)))
        .map(({ to }) => `${name} → ${to}`),
    );
  expect(wrong).toEqual([]);
});

test("what tests stand on is in no page", () => {
  const wrong = files
    .filter((file) => !file.tests && !stages.includes(file.name))
    .flatMap(({ name, text }) =>
      imported(name, text)
        .filter((to) => stages.includes(to))
        .map((to) => `${name} → ${to}`),
    );
  expect(wrong).toEqual([]);
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(stages));
});

test.each(words)("%s has one home", (word, of) => {
  const said = files.filter((file) => !file.tests && word.test(file.text)).map(({ name }) => name);
  expect(said.sort()).toEqual([...of].sort());
});
