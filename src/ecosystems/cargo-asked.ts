import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Asked } from "./asked-reader.ts";
import { readTomlSpans } from "./toml-spans.ts";

/** What a Cargo.toml asks for in any of its tables of dependencies, and what a Cargo.lock holds. */
export function askedOfCargo(file: string, text: string, wanted: (name: string) => boolean): Outcome<readonly Asked[]> {
  const read = readTomlSpans(text, file);
  if (!read.ok) return read;
  const spans = read.value;
  const asked: Asked[] = [];
  if (file.endsWith("Cargo.lock")) {
    for (let at = 0; at < spans.count(["package"]); at++) {
      const name = spans.string(["package", at, "name"])?.value;
      const version = spans.string(["package", at, "version"]);
      if (name === undefined || !version || !wanted(name)) continue;
      // A bare version would be a range to cargo.
      asked.push({ ecosystem: "cargo", name, range: `=${version.value}`, file, line: version.line, locked: true });
    }
    return succeed(asked);
  }
  for (const { path, string } of spans.strings) {
    const at = path.findIndex((part) => typeof part === "string" && /^(?:dev-|build-)?dependencies$/.test(part));
    const inPlace = at === 0 || (at === 1 && path[0] === "workspace") || (at === 2 && path[0] === "target");
    const rest = path.length - at;
    // `x = "1"`, or `version = "1"` in x's own table.
    if (!inPlace || !(rest === 2 || (rest === 3 && path.at(-1) === "version"))) continue;
    const table = path.slice(0, at + 2);
    const name = spans.string([...table, "package"])?.value ?? String(table.at(-1));
    if (wanted(name))
      asked.push({ ecosystem: "cargo", name, range: string.value, file, line: string.line, locked: false });
  }
  return succeed(asked);
}
