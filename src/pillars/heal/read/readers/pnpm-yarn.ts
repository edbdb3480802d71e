import type { Line } from "../clean.ts";
import { gather, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, isBlank } from "./text.ts";

//  ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" …       (pnpm ≥ 10.12 may write [ERR_PNPM_…])
// error Couldn't find any versions for "ms" that matches "99.0.0"           yarn 1
// ➤ YN0028: │ The lockfile would have been modified by this install         yarn ≥ 2
const PNPM = /^\s*\[?(ERR_PNPM_\w+|ERESOLVE)\]?\s+(.+)$/;
// Error: ERR_PNPM_NO_LOCKFILE\n\n  × Cannot install with "frozen-lockfile" …\n  ├─▶ …          pnpm ≥ 11
const PNPM_TREE = /^Error: (ERR_PNPM_\w+)$/;
const YARN = /^error (?!Command failed)(.+)$/;
const BERRY = /^➤ (YN\d{4}): (?:[│└┌] )*\s*(.+)$/;
const BERRY_HARMLESS = new Set([
  "YN0000",
  "YN0002",
  "YN0007",
  "YN0013",
  "YN0019",
  "YN0032",
  "YN0060",
  "YN0061",
  "YN0086",
  "YN0085",
  "YN0004",
  "YN0005",
  "YN0006",
]);

const PNPM_CATEGORY: Readonly<Record<string, Category>> = {
  ERR_PNPM_OUTDATED_LOCKFILE: "dependency_lock",
  ERR_PNPM_NO_LOCKFILE: "dependency_lock",
  ERR_PNPM_LOCKFILE_MISSING_DEPENDENCY: "dependency_lock",
  ERR_PNPM_LOCKFILE_CONFIG_MISMATCH: "dependency_lock",
  ERR_PNPM_FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE: "dependency_lock",
  ERR_PNPM_TARBALL_INTEGRITY: "dependency_lock",
  ERR_PNPM_PEER_DEP_ISSUES: "dependency_conflict",
  ERR_PNPM_UNSUPPORTED_ENGINE: "configuration",
  ERR_PNPM_NO_SCRIPT: "configuration",
  ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL: "configuration",
  ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND: "configuration",
  ERR_PNPM_FETCH_401: "secret_missing",
  ERR_PNPM_FETCH_403: "secret_missing",
  ERR_PNPM_META_FETCH_FAIL: "infrastructure",
};

export const pnpmYarn: ToolReader = {
  tool: "pnpm",
  hints: [
    "ERR_PNPM_",
    "error Couldn",
    "error An unexp",
    "error Your lock",
    'error "',
    "error Package",
    "error Integrity",
    "error https",
    'error Command "',
    "error Found incomp",
    "error Received",
    "error Outdated",
    "➤ YN",
  ],
  start(line) {
    const berry = BERRY.exec(line.text);
    if (berry !== null) return berryDraft(line, berry);
    const yarn = YARN.exec(line.text);
    if (yarn !== null) return yarnDraft(line, yarn[1]!);
    const tree = PNPM_TREE.exec(line.text);
    if (tree !== null) return pnpmTree(line, tree[1]!);
    const pnpm = PNPM.exec(line.text);
    if (pnpm === null || pnpm[1] === "ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL") return undefined;
    return gather(
      [line],
      ({ text }, held) =>
        held.length < 20 &&
        !PNPM.test(text) &&
        (isBlank(text)
          ? !isBlank(held.at(-1)!.text)
          : /^(?:This error|No auth|\S+ is not in|The latest|If you need|Note that|\s+\S|\* |Failure reason)/.test(
              text,
            ))
          ? "take"
          : "no",
      (lines, range) => {
        const all = lines.map(({ text }) => text).join("\n");
        const missing =
          /No matching version found for ((?:@[\w.-]+\/)?[\w.-]+)@(\S+)/.exec(all) ??
          /^(\S+) is not in the npm registry/m.exec(all);
        const usual = pnpmCategory(pnpm[1]!);
        return [
          {
            tool: "pnpm",
            category: categoryOf(pnpm[2]!, usual),
            message: pnpm[2]!,
            ...range,
            captures: { rule: pnpm[1], package: missing?.[1], version: missing?.[2] },
            key: [pnpm[1], missing?.[1]].filter(Boolean).join(" "),
          },
        ];
      },
    );
  },
};

function pnpmCategory(code: string): Category {
  return (
    PNPM_CATEGORY[code] ??
    (/FETCH|NO_MATCHING|SPEC_NOT|NO_VERSIONS|REGISTRY/.test(code) ? "dependency_resolution" : "unknown")
  );
}

function pnpmTree(line: Line, code: string) {
  return gather(
    [line],
    ({ text }, held) =>
      isBlank(text)
        ? held.length < 3 || !isBlank(held.at(-1)!.text)
          ? "take"
          : "no"
        : /^\s+\S/.test(text)
          ? "take"
          : "no",
    (lines, range) => {
      const said = lines
        .slice(1)
        .map(({ text }) => text.replace(/^\s*(?:[×│]|├─▶|╰─▶)?\s*/, ""))
        .filter((text) => text !== "" && !text.startsWith("help:"));
      const all = said.join(" ");
      const missing =
        /No matching version found for ((?:@[\w.-]+\/)?[\w.-]+)@(\S+)/.exec(all) ??
        /Failed to resolve ((?:@[\w.-]+\/)?[\w.-]+)@(\S+)/.exec(all);
      return [
        {
          tool: "pnpm",
          category: categoryOf(all, pnpmCategory(code)),
          message: (said.length > 1 ? said.at(-1) : said[0]) ?? code,
          ...range,
          captures: { rule: code, package: missing?.[1], version: missing?.[2] },
          key: [code, missing?.[1]].filter(Boolean).join(" "),
        },
      ];
    },
  );
}

function yarnDraft(line: { no: number }, said: string) {
  const missing =
    /any versions for "([^"]+)" that matches "([^"]+)"/.exec(said) ?? /find package "([^"@]+)(?:@([^"]+))?"/.exec(said);
  const category: Category = /lockfile needs to be updated|Integrity check failed|Outdated lockfile/i.test(said)
    ? "dependency_lock"
    : missing !== null || /Not found"|request failed "404/i.test(said)
      ? "dependency_resolution"
      : /engine ".*" is incompatible|Command ".*" not found|incompatible module/.test(said)
        ? "configuration"
        : categoryOf(said, "unknown");
  return [
    {
      tool: "yarn",
      category,
      message: said,
      first: line.no,
      last: line.no,
      captures: { package: missing?.[1], version: missing?.[2], script: find(said, /Command "([^"]+)" not found/) },
      key: missing?.[1],
    },
  ];
}

function berryDraft(line: { no: number }, match: RegExpExecArray) {
  if (BERRY_HARMLESS.has(match[1]!)) return undefined;
  const said = match[2]!;
  const changed = match[1] === "YN0028" && /^[-+]/.test(said);
  const category: Category = ["YN0028", "YN0018", "YN0078"].includes(match[1]!)
    ? "dependency_lock"
    : ["YN0035", "YN0082", "YN0016", "YN0027"].includes(match[1]!)
      ? categoryOf(said, "dependency_resolution")
      : match[1] === "YN0009"
        ? "compilation"
        : match[1] === "YN0041"
          ? "secret_missing"
          : categoryOf(said, "unknown");
  return [
    {
      tool: "yarn",
      category,
      message: said,
      first: line.no,
      last: line.no,
      // Lines of the lock file's diff; the sentence comes below them.
      ...(changed ? { rank: "consequence" as const } : {}),
      captures: { rule: match[1], package: find(said, /((?:@[\w.-]+\/)?[\w.-]+)@/) },
      key: match[1],
    },
  ];
}
