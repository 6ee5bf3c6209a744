import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

// Types are gone when tests run, so this reads them as text: types.ts holds nothing but flat interfaces. Each has to
// say of every field what docs/openapi.yaml says; fields that no page uses may be missing.

interface Schema {
  type?: string | string[];
  enum?: string[];
  const?: string;
  $ref?: string;
  items?: Schema;
  additionalProperties?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const schemas = parse(read("../../../docs/openapi.yaml")).components.schemas as Record<string, Schema>;
const interfaces = [...read("./types.ts").matchAll(/^export interface (\w+) \{\n(.*?)^\}/gms)];

/** written is how a schema is spelled in types.ts. */
function written(s: Schema): string {
  if (s.$ref) return s.$ref.split("/").at(-1) ?? "";
  const of = s.enum ?? (s.const === undefined ? undefined : [s.const]);
  if (of) return of.map((v) => JSON.stringify(v)).join(" | ");
  return [s.type ?? "object"]
    .flat()
    .map((type) => plain(type, s))
    .join(" | ");
}

function plain(type: string, s: Schema): string {
  if (type === "integer") return "number";
  if (type === "array") return `${written(s.items ?? {})}[]`;
  if (type === "object") return `Record<string, ${written(s.additionalProperties ?? {})}>`;
  return type;
}

test("types.ts holds nothing that is not compared", () => {
  const rest = read("./types.ts")
    .replace(/^export interface \w+ \{\n.*?^\}/gms, "")
    .replace(/^\/\/.*/gm, "");
  expect(rest.trim()).toBe("");
  expect(interfaces.length).toBeGreaterThan(8);
});

test.each(interfaces.map((m) => [m[1] ?? "", m[2] ?? ""] as const))(
  "%s is as openapi.yaml has it",
  (name, body) => {
    const schema = schemas[name];
    const lines = body
      .trim()
      .split("\n")
      .map((line) => line.trim());
    const wanted = lines.map((line) => {
      const field = /^\w+/.exec(line)?.[0] ?? "";
      const said = schema?.properties?.[field];
      if (!said) return `${field} is not in openapi.yaml`;
      return `${field}${schema.required?.includes(field) ? "" : "?"}: ${written(said)};`;
    });
    expect(lines).toEqual(wanted);
  },
);
