import type { ChangeMachine, Machine } from "../../api/types.ts";

/** textOf writes labels one a line, as somebody edits them. */
export function textOf(labels: Record<string, string>): string {
  return Object.entries(labels)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([k, v]) => `${k}=${v}`)
    .join("\n");
}

/** labelsOf reads them again. What they may be is the server's to say. */
export function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const [key, value] = at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    if (key.trim()) labels[key.trim()] = value.trim();
  }
  return labels;
}

/** changes are what somebody made different: the rest stays what the machine says of itself. */
export function changes(m: Machine, name: string, description: string, labels: string): ChangeMachine {
  const change: ChangeMachine = {};
  if (name.trim() !== m.name) change.name = name.trim();
  if (description.trim() !== m.description) change.description = description.trim();
  if (textOf(labelsOf(labels)) !== textOf(m.labels)) change.labels = labelsOf(labels);
  return change;
}
