import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const src = fileURLToPath(new URL("../../../src/", import.meta.url));

/** From the top of the house to its ground; a room may import itself and what stands below it. */
const ROOMS = [
  "cli",
  "steps",
  "org",
  "factory",
  "pillars",
  "pipeline",
  "ecosystems",
  "tools",
  "constitution",
  "swarm",
  "core",
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.replaceAll("\\", "/"));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g,
  )) {
    const specifier = match[2] ?? match[3] ?? "";
    const to = specifier.startsWith(".")
      ? relative(src, resolve(dirname(join(src, file)), specifier)).replaceAll("\\", "/")
      : specifier;
    found.push({ from: file, to, typeOnly: match[1] !== undefined });
  }
  return found;
}

const imports = files.flatMap(importsOf);
const roomOf = (path: string) => path.split("/")[0] ?? "";

describe("the house", () => {
  test("has only the rooms of the design", () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !ROOMS.includes(room))).toEqual([]);
  });

  test("imports go down", () => {
    const upward = imports
      .filter(({ to }) => ROOMS.includes(roomOf(to)))
      .filter(({ from, to }) => ROOMS.indexOf(roomOf(to)) < ROOMS.indexOf(roomOf(from)))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(upward).toEqual([]);
  });

  test("relative imports name files that exist", () => {
    const known = new Set(files);
    const broken = imports.filter(({ to }) => ROOMS.includes(roomOf(to)) && to.endsWith(".ts") && !known.has(to));
    expect(broken.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("has no import cycles between files, those of types among them", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of imports) {
      if (!to.endsWith(".ts")) continue;
      graph.set(from, [...(graph.get(from) ?? []), to]);
    }
    expect(cycles(graph)).toEqual([]);
  });

  test("starts processes and opens connections only in tools/ and core's runner", () => {
    const reaching =
      /^(node:)?(child_process|net|http|https|http2|tls|dgram)$|^(execa|undici|ollama|hono|@hono\/.*|@octokit\/.*)$/;
    // The Swarm DB's PostgreSQL driver is the database's own; it is the one connection below tools/.
    const allowed = (file: string) =>
      roomOf(file) === "tools" || file === "core/process.ts" || file.startsWith("core/process/");
    const offenders = imports.filter(({ from, to, typeOnly }) => !typeOnly && reaching.test(to) && !allowed(from));
    expect(offenders.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
    const fetching = files.filter((file) => !allowed(file) && /(?<![.\w])fetch\(/.test(codeOf(file)));
    expect(fetching).toEqual([]);
  });

  test("makes permits and facts only in the constitution", () => {
    const casts = files.filter((file) => /\bas (unknown as )?(Permit|Fact)\b/.test(codeOf(file)));
    expect(casts.filter((file) => !["constitution/permits.ts", "constitution/probe.ts"].includes(file))).toEqual([]);
  });

  // Named imports bundle all of zod, four times as much: every command would start slower.
  test("takes zod as a namespace", () => {
    const named = files.filter((file) => /^import \{[^}]*\} from "zod"/m.test(codeOf(file)));
    expect(named).toEqual([]);
  });

  test("prints only in cli/", () => {
    const printing = files.filter(
      (file) => roomOf(file) !== "cli" && /\bconsole\.|process\.std(out|err)\b/.test(codeOf(file)),
    );
    expect(printing).toEqual([]);
  });
});

/** The file without comments, so that prose may name what code may not. */
function codeOf(file: string): string {
  return readFileSync(join(src, file), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "");
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
