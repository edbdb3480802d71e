import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Asked } from "./asked-reader.ts";
import { readJsonSpans } from "./json-spans.ts";
import { lineColumn } from "./text-edit.ts";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/** What a package.json asks for, and what a package-lock.json (any version) holds. */
export function askedOfNpm(file: string, text: string, wanted: (name: string) => boolean): Outcome<readonly Asked[]> {
  const spans = readJsonSpans(text, file);
  if (!spans.ok) return spans;
  const asked: Asked[] = [];
  const note = (name: string, said: { value: string; start: number } | undefined, locked: boolean) => {
    if (!said) return;
    // An alias asks for another package than its key names.
    const alias = /^npm:(@?[^@]+)@(.+)$/.exec(said.value);
    const [real, range] = alias ? [alias[1]!, alias[2]!] : [name, said.value];
    if (!wanted(real)) return;
    asked.push({ ecosystem: "npm", name: real, range, file, line: lineColumn(text, said.start).line, locked });
  };
  const aliasOrWanted = (name: string, said: unknown) => wanted(name) || String(said).startsWith("npm:");
  const whole = spans.value.value as Record<string, Record<string, unknown> | undefined>;
  if (file.endsWith("package.json")) {
    for (const kind of KINDS) {
      for (const [name, said] of Object.entries(whole[kind] ?? {})) {
        if (aliasOrWanted(name, said)) note(name, spans.value.string([kind, name]), false);
      }
    }
    return succeed(asked);
  }
  for (const key of spans.value.keys(["packages"])) {
    const at = key.lastIndexOf("node_modules/");
    const name = at === -1 ? undefined : key.slice(at + "node_modules/".length);
    if (name !== undefined && wanted(name)) note(name, spans.value.string(["packages", key, "version"]), true);
  }
  if (whole.packages === undefined) {
    // Version 1 has no `packages`.
    for (const name of spans.value.keys(["dependencies"]).filter(wanted)) {
      note(name, spans.value.string(["dependencies", name, "version"]), true);
    }
  }
  return succeed(asked);
}
