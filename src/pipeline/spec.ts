import { type Diagnostic, fail, type Outcome, problem, type SourcePlace, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { type Located, MAX_YAML_BYTES, readYaml } from "../core/yaml.ts";
import { checkCanary } from "./canary-schema.ts";
import { type Body, type Requirement, readBody, type Scenario } from "./spec-body.ts";
import { type FrontMatter, frontMatterSchema, type StageCommand, type StageSpec, type When } from "./spec-schema.ts";

export type { Requirement, Scenario, StageCommand, StageSpec, When };

/** A product as its SPEC.md describes it: what it is (front matter) and what it must do (body). */
export interface Spec extends FrontMatter, Body {}

/** Stages the program itself provides; a spec may not define them. */
export const STEP_STAGES = ["scan", "docs", "release", "announce"] as const;

/** More cells than this in one matrix is a mistake rather than a wish. */
export const MAX_MATRIX_CELLS = 64;

/** Reads a SPEC.md. Every problem of the front matter and of the body comes at once, each with its place. */
export function readSpec(text: string, options: { file: string; commit?: string }): Outcome<Located<Spec>> {
  const at = (rest: Omit<SourcePlace, "file" | "commit">): SourcePlace => ({
    file: options.file,
    ...(options.commit ? { commit: options.commit } : {}),
    ...rest,
  });
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    const size = `${(Buffer.byteLength(text) / 1024 / 1024).toFixed(1)} MiB`;
    return fail(problem("config", "spec.too_large", `the file has ${size}; the limit is 1 MiB`, { where: at({}) }));
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const lineAt = (line: number): SourcePlace => {
    const source = lines[line - 1] ?? "";
    const first = Math.max(1, line - 1);
    return at({
      line,
      column: 1,
      endColumn: Math.max(2, source.length + 1),
      excerpt: { firstLine: first, lines: lines.slice(first - 1, line + 1) },
    });
  };
  if (lines[0]?.trimEnd() !== "---") {
    return fail(
      problem("config", "spec.no_front_matter", "the file does not begin with front matter", {
        where: lineAt(1),
        next: "begin it with a line `---`, then `product:` and `company:`, then a line `---`; or run `codemonkeys init`",
      }),
    );
  }
  const end = lines.findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line));
  if (end < 0) {
    return fail(
      problem("config", "spec.open_front_matter", "the front matter is not closed", {
        where: lineAt(1),
        next: "add a line `---` after it",
      }),
    );
  }
  const front = readYaml(lines.slice(1, end).join("\n"), frontMatterSchema, {
    ...options,
    codes: "spec",
    firstLine: 2,
  });
  const { body, diagnostics } = readBody(lines.slice(end + 1).join("\n"), end + 2, lineAt);
  const errors = diagnostics.filter((one) => one.severity === "error");
  const warnings = diagnostics.filter((one) => one.severity !== "error");
  if (!front.ok) return { ok: false, diagnostics: [...front.diagnostics, ...errors] };
  errors.unshift(...checkStages(front.value), ...checkPackages(front.value), ...checkCanaries(front.value));
  if (errors.length > 0) return { ok: false, diagnostics: errors };
  const place = (path: readonly (string | number)[]): SourcePlace => {
    if (path[0] === "requirements") {
      const requirement = body.requirements[Number(path[1])];
      const scenario = path[2] === "scenarios" ? requirement?.scenarios[Number(path[3])] : undefined;
      return lineAt(scenario?.line ?? requirement?.line ?? end + 1);
    }
    return path[0] === "title" || path[0] === "purpose" ? lineAt(end + 2) : front.value.place(path);
  };
  return succeed({ value: { ...front.value.value, ...body }, place }, [...front.warnings, ...warnings]);
}

/** What the schema cannot say: which keys of a stage exclude each other, and that every leaf has a name of its own. */
function checkStages({ value, place }: Located<FrontMatter>): Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (path: (string | number)[], code: string, message: string, next?: string) =>
    found.push(problem("config", `spec.${code}`, message, { where: place(path), ...(next ? { next } : {}) }));
  const leaves = new Map<string, string>();
  for (const [name, stage] of Object.entries(value.stages)) {
    const path = ["stages", name];
    const reserved = STEP_STAGES.find((one) => one === name.toLowerCase());
    if (reserved) {
      report(path, "reserved_stage", `${name} is a stage of the program and cannot be defined here`, hintFor(reserved));
      continue;
    }
    if (stage.run === undefined && stage.parallel === undefined)
      report(path, "empty_stage", `stage ${name} has nothing to run`, "give it `run` or `parallel`");
    if (stage.run !== undefined && stage.parallel !== undefined)
      report(path, "two_kinds", `stage ${name} has both \`run\` and \`parallel\``, "keep one of them");
    if (stage.parallel !== undefined && stage.matrix !== undefined)
      report(path, "two_kinds", `stage ${name} has both \`parallel\` and \`matrix\``, "make two stages of it");
    if (stage.parallel !== undefined && Object.keys(stage.parallel).length === 0)
      report([...path, "parallel"], "empty_stage", `stage ${name} has no parallel commands`);
    const cells = Object.values(stage.matrix ?? {}).reduce((product, axis) => product * axis.length, 1);
    if (cells > MAX_MATRIX_CELLS) {
      report([...path, "matrix"], "large_matrix", `the matrix has ${cells} cells; the limit is ${MAX_MATRIX_CELLS}`);
      continue;
    }
    for (const leaf of leafNames(name, stage)) {
      const other = leaves.get(leaf.toLowerCase());
      if (other) {
        report(
          path,
          "duplicate_stage",
          `the name ${leaf} comes out twice: from stage ${other} and from stage ${name}`,
          "names must differ by more than upper and lower case",
        );
      }
      leaves.set(leaf.toLowerCase(), name);
    }
  }
  return found;
}

function hintFor(stage: (typeof STEP_STAGES)[number]): string {
  if (stage === "scan") return "set `scan: true`, or name a stage of your own differently";
  if (stage === "docs") return "set `docs: { site: mkdocs }`, or name a stage of your own differently";
  if (stage === "announce") return "list the channels under `announce`";
  return "say under `packages` what a release publishes";
}

function checkPackages({ value, place }: Located<FrontMatter>): Diagnostic[] {
  const seen = new Set<string>();
  const found: Diagnostic[] = [];
  value.packages.forEach((item, index) => {
    const key = `${item.ecosystem} ${item.path.replace(/^\.\//, "").replace(/\/$/, "") || "."}`;
    if (seen.has(key)) {
      found.push(
        problem("config", "spec.duplicate_package", `the ${item.ecosystem} package at ${item.path} is listed twice`, {
          where: place(["packages", index]),
        }),
      );
    }
    seen.add(key);
  });
  return found;
}

function checkCanaries({ value, place }: Located<FrontMatter>): Diagnostic[] {
  return value.deploy.flatMap(({ canary, playbook }, index) =>
    canary ? checkCanary(canary, ["deploy", index, "canary"], { place, port: value.port, playbook }) : [],
  );
}

/** The names under which a stage's commands are run, logged and shown. */
export function leafNames(name: string, stage: StageSpec): string[] {
  if (stage.parallel) return [name, ...Object.keys(stage.parallel).map((branch) => `${name}-${branch}`)];
  if (stage.matrix) return [name, ...matrixCells(stage.matrix).map((cell) => cellName(name, cell))];
  return [name];
}

/** All combinations of a matrix, the last axis running fastest. */
export function matrixCells(matrix: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  return Object.entries(matrix).reduce<Record<string, string>[]>(
    (cells, [axis, values]) => cells.flatMap((cell) => values.map((value) => ({ ...cell, [axis]: value }))),
    [{}],
  );
}

/** `test` over node 22 and the system locale: `test-node-22-locale-en_US.UTF-8`. */
export function cellName(stage: string, cell: Readonly<Record<string, string>>): string {
  const parts = Object.entries(cell).map(([axis, value]) => `${axis}-${value.replaceAll(/[^A-Za-z0-9._-]+/g, "_")}`);
  return [stage, ...parts].join("-");
}

/** A hint for a stage name that a plan does not have. */
export function meantStage(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  return meant ? `did you mean ${meant}?` : `the stages are: ${known.join(", ")}`;
}
