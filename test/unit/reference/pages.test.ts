import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkConstitution } from "../../../src/constitution/check.ts";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { readConfig } from "../../../src/core/config.ts";
import { readYaml } from "../../../src/core/yaml.ts";
import { userConfigSchema } from "../../../src/org/user-config-file.ts";
import { readSpec } from "../../../src/pipeline/spec.ts";
import type { StepDefinition } from "../../../src/steps/definition.ts";
import { STEPS } from "../../../src/steps/index.ts";
import { MIGRATIONS } from "../../../src/swarm/migrations/index.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const docs = join(root, "docs");
const read = (page: string) => readFile(join(docs, page), "utf8");
const pages = (await readdir(docs, { recursive: true }))
  .filter((path) => path.endsWith(".md"))
  .map((path) => path.replaceAll("\\", "/"))
  .sort();

/** Fenced blocks of a page in one language, without their fences. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? "");
}

/** Every call of the program that a page shows: in shell blocks, behind a prompt, in running text. */
function calls(text: string): string[] {
  const shell = blocks(text, "sh").flatMap((block) => block.split("\n"));
  const typed = blocks(text, "console").flatMap((block) =>
    block.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : [])),
  );
  const prose = [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/`(codemonkeys [^`]+)`/g)].map(
    (m) => m[1] ?? "",
  );
  return [...shell, ...typed, ...prose].flatMap((line) => {
    const call = /^(?:\.\.?\/)*codemonkeys (.*)$/.exec(line.trim())?.[1];
    return call === undefined ? [] : [call.replace(/\s+[#>|].*$/, "").trim()];
  });
}

const COMMON = [
  "--json",
  "--verbose",
  "--plain",
  "--product",
  "--dry-run",
  "--observe",
  "--help",
  "--params-file",
  "--result-file",
];

/** What is wrong with a call, if anything: no such command, no such option. */
function mistake(call: string): string | undefined {
  const words = call.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const named = (step: StepDefinition) => step.name.split(" ").every((word, index) => words[index] === word);
  const step = STEPS.filter(named).sort((a, b) => b.name.length - a.name.length)[0];
  const first = words[0] ?? "";
  if (!step) return /^(--help|--version|[A-Z…]+)$/.test(first) ? undefined : `no command ${first}`;
  const own = Object.keys(step.params.shape).map((name) => `--${name.replaceAll("_", "-")}`);
  const option = words.filter((word) => word.startsWith("--")).find((word) => ![...own, ...COMMON].includes(word));
  return option === undefined ? undefined : `${step.name} has no option ${option}`;
}

describe("the documentation", () => {
  it.each(pages)("%s shows commands and options that there are", async (page) => {
    const wrong = calls(await read(page)).flatMap((call) => {
      const said = mistake(call);
      return said ? [`${call}: ${said}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it("would notice a command or an option that there is not", () => {
    const text =
      "```console\n$ codemonkeys heal --dry-runs\n```\nor `codemonkeys heel`, or `codemonkeys audit verify --json`\n";
    expect(calls(text).map(mistake)).toEqual(["heal has no option --dry-runs", "no command heel", undefined]);
  });

  it("has every page in its navigation", async () => {
    const { nav } = parse(await readFile(join(root, "mkdocs.yml"), "utf8")) as { nav: unknown };
    const linked = [...JSON.stringify(nav).matchAll(/"([^"]+\.md)"/g)].map((match) => match[1]);
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });

  it("shows a constitution that loads without a remark, and whose tests pass", async () => {
    const [text = ""] = blocks(await read("constitution.md"), "yaml");
    const constitution = readConstitution(text, { file: "constitution.yaml" });
    if (!constitution.ok) throw new Error(constitution.diagnostics.map(({ message }) => message).join("\n"));
    const report = checkConstitution(constitution.value, () => "2026-11-21");
    expect(report.tests.map(({ passed }) => passed)).toEqual([true, true]);
    expect(report.diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
  });

  it("shows a spec and configurations that load", async () => {
    const [spec = ""] = blocks(await read("spec.md"), "markdown");
    expect(readSpec(spec, { file: "SPEC.md" })).toMatchObject({ ok: true, warnings: [] });
    const [config = "", own = ""] = blocks(await read("configuration.md"), "yaml");
    const [ansible = ""] = blocks(await read("playbooks.md"), "yaml");
    for (const text of [config, ansible]) {
      expect(readConfig([{ layer: "organisation", text, file: "config.yaml" }])).toMatchObject({
        ok: true,
        warnings: [],
      });
    }
    expect(readYaml(own, userConfigSchema, { file: "config.yaml", codes: "user_config" })).toMatchObject({ ok: true });
  });

  it("names every table of the database in the data model", async () => {
    const made = MIGRATIONS.flatMap(({ statements }) => statements).flatMap(
      (statement) => /^\s*create table (\w+)/.exec(statement)?.[1] ?? [],
    );
    const page = await read("architecture.md");
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((table) => !page.includes(`\`${table}\``))).toEqual([]);
  });

  it("names no place of a machine and no person's account", async () => {
    for (const page of pages) expect(await read(page)).not.toMatch(/\/(?:home|Users|root|tmp|work)\/\w/);
  });
});
