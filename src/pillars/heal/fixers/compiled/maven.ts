import { posix } from "node:path";
import type { Proposal } from "../../candidate.ts";
import { type Fixer, type FixerInput, proposals, rewrite, textOf } from "../fixer.ts";

const LEVEL =
  /(?:Source|Target) option (?:1\.)?(\d+) is no longer supported\. Use (?:1\.)?(\d+) or later|release version (?:1\.)?(\d+) not supported/;
/** Releases with long-term support: where the least that javac takes is itself at its end, the next of these. */
const LONG_TERM = [8, 11, 17, 21, 25];

export const mavenSourceLevel: Fixer = {
  name: "maven-source-level",
  summary: "a Java source or target level in a pom.xml that the compiler no longer supports",
  trust: 0.9,
  async propose(input) {
    const match = LEVEL.exec(textOf(input));
    const old = match?.[1] ?? match?.[3];
    if (old === undefined) return [];
    const least = Number(match?.[2] ?? 8);
    // A level above the compiler's own is not supported either, and that is for the machine to meet.
    if (Number(old) >= least && match?.[3] !== undefined) return [];
    const levels = [...new Set([...LONG_TERM.filter((level) => level >= least).slice(0, 2), least])];
    const poms = (await input.tree.paths()).filter((path) => posix.basename(path) === "pom.xml");
    const found: Proposal[] = [];
    for (const level of levels) {
      const changes = await Promise.all(
        poms.map((pom) =>
          rewrite(input.tree, pom, (text) =>
            text.replace(
              new RegExp(
                `(<(maven\\.compiler\\.(?:source|target|release)|java\\.version|source|target|release)>)\\s*(?:1\\.)?${old}\\s*(?=</\\2>)`,
                "g",
              ),
              (_all, tag: string, name: string) => `${tag}${level === 8 && !/release/.test(name) ? "1.8" : level}`,
            ),
          ),
        ),
      );
      found.push(...proposals(`compile for Java ${level}`, changes));
    }
    return found;
  },
};

const CONVERGENCE = /(?:Dependency convergence error|Require upper bound dependencies error) for ([\w.-]+):([\w.-]+):/;
const BLOCK = /(?:Dependency convergence error|Require upper bound dependencies error) for /;
const NUMBERS = /^\d+(?:\.\d+)*(?:[.-](?:Final|RELEASE|GA))?$/;

export const mavenConvergence: Fixer = {
  name: "maven-convergence",
  summary:
    "dependencies that want several versions of one, by Maven's enforcer: the newest that any of them wants is managed",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const managed = new Map<string, string>();
    for (const block of text.split(
      /(?=(?:Dependency convergence error|Require upper bound dependencies error) for )/,
    )) {
      const [, group, artifact] = BLOCK.test(block) ? (CONVERGENCE.exec(block) ?? []) : [];
      if (group === undefined || artifact === undefined) continue;
      const id = `${group}:${artifact}`;
      const versions = [
        ...block.matchAll(
          new RegExp(`${id.replaceAll(".", "\\.")}(?::jar|:pom|:war)?(?::[a-z]\\w*)?:(\\d[\\w.-]*)`, "g"),
        ),
      ].map((match) => match[1] ?? "");
      // Versions that are not plain numbers have an order of their own: a person decides.
      if (versions.length === 0 || !versions.every((version) => NUMBERS.test(version))) return [];
      managed.set(id, [...versions].sort(byVersion).at(-1) ?? "");
    }
    const pom = managed.size === 0 ? undefined : await pomOf(input);
    if (pom === undefined) return [];
    return proposals(`manage ${[...managed].map(([id, version]) => `${id} ${version}`).join(", ")}`, [
      await rewrite(input.tree, pom, (source) =>
        [...managed].reduce((whole, [id, version]) => withVersion(whole, id, version), source),
      ),
    ]);
  },
};

function byVersion(a: string, b: string): number {
  const numbers = (version: string) => version.split(/[.-]/).map((part) => Number(part) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The manifest of the project that Maven names, else the root's. */
async function pomOf({ tree, failure }: FixerInput): Promise<string | undefined> {
  const poms = (await tree.paths()).filter((path) => posix.basename(path) === "pom.xml");
  const { project } = failure.captures;
  for (const pom of project === undefined ? [] : poms) {
    const own = ((await tree.read(pom)) ?? "").replace(/<parent>[\s\S]*?<\/parent>/, "");
    if (/<artifactId>\s*([^<\s]+)/.exec(own)?.[1] === project) return pom;
  }
  return poms.includes("pom.xml") ? "pom.xml" : undefined;
}

/** A direct dependency takes the version itself: what is managed does not reach it. */
function withVersion(source: string, id: string, version: string): string {
  const [group = "", artifact = ""] = id.split(":");
  let direct = false;
  const changed = source.replace(/<dependency>[\s\S]*?<\/dependency>/g, (block) => {
    if (!block.includes(`<groupId>${group}</groupId>`) || !block.includes(`<artifactId>${artifact}</artifactId>`))
      return block;
    const written = block.replace(/(<version>)[^<]*(<\/version>)/, `$1${version}$2`);
    direct ||= /<version>/.test(block);
    return written;
  });
  if (direct) return changed;
  const end = source.includes("\r\n") ? "\r\n" : "\n";
  const unit = /^([ \t]+)<modelVersion>/m.exec(source)?.[1] ?? "  ";
  const entry = (indent: string) =>
    [
      "<dependency>",
      `${unit}<groupId>${group}</groupId>`,
      `${unit}<artifactId>${artifact}</artifactId>`,
      `${unit}<version>${version}</version>`,
      "</dependency>",
    ]
      .map((line) => indent + line)
      .join(end);
  const section = /<dependencyManagement>\s*<dependencies>/.exec(source);
  if (section) {
    const at = section.index + section[0].length;
    return `${source.slice(0, at)}${end}${entry(unit.repeat(3))}${source.slice(at)}`;
  }
  const whole = [
    `${unit}<dependencyManagement>`,
    `${unit.repeat(2)}<dependencies>`,
    entry(unit.repeat(3)),
    `${unit.repeat(2)}</dependencies>`,
    `${unit}</dependencyManagement>`,
  ].join(end);
  const before = /^[ \t]*<(?:dependencies|build)>|<\/project>/m.exec(source);
  return before ? `${source.slice(0, before.index)}${whole}${end}${source.slice(before.index)}` : source;
}
