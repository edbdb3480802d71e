import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";

/**
 * What Maven's checking plugins list before their goal fails. Many write it as warnings, and write the same in builds
 * that pass: it counts only when Maven says that a goal of this kind failed.
 */
// [WARNING] src/A.java:[3,1] (javadoc) MissingJavadocType: Missing a Javadoc comment.      checkstyle
// [WARNING] PMD Failure: org.x.A:3 Rule:UnusedLocalVariable Priority:3 Avoid unused …      pmd
// [ERROR] Forbidden method invocation: java.lang.String#<init>(byte[]) [Uses …]            forbiddenapis
// [ERROR]   in org.x.A (A.java:2)
// [ERROR] /src/A.java:2: Undefined reference: java.nio.file.Path                           animal-sniffer
// [WARNING] Missing header in: /src/A.java                                                 license
// [WARNING] Files with unapproved licenses:                                                rat, then indented names
// [ERROR] Unused declared dependencies found:                                              dependency:analyze, likewise
// [ERROR] Non complying file: /src/A.java                                                  fmt
const LEVEL = "^\\[(?:ERROR|WARNING|WARN|INFO)\\] ";

interface Check {
  readonly tool: string;
  readonly pattern: RegExp;
  readonly groups: readonly ("file" | "line" | "column" | "rule" | "message" | "class")[];
  readonly category?: Category;
  /** Indented lines below belong to it. */
  readonly list?: boolean;
}

const CHECKS: readonly Check[] = [
  {
    tool: "checkstyle",
    pattern: new RegExp(`${LEVEL}(\\S+\\.\\w+):\\[(\\d+)(?:,(\\d+))?\\] \\(\\w+\\) (\\w+): (.+)$`),
    groups: ["file", "line", "column", "rule", "message"],
  },
  {
    tool: "pmd",
    pattern: new RegExp(`${LEVEL}PMD Failure: ([\\w.$]+):(\\d+) Rule:(\\w+) Priority:\\d+ (.+)$`),
    groups: ["class", "line", "rule", "message"],
  },
  { tool: "pmd", pattern: new RegExp(`${LEVEL}(CPD Failure: .+)$`), groups: ["message"], list: true },
  {
    tool: "forbiddenapis",
    pattern: new RegExp(`${LEVEL}(Forbidden [\\w/ ]+: .+)$`),
    groups: ["message"],
    list: true,
  },
  {
    tool: "animal-sniffer",
    pattern: new RegExp(`${LEVEL}(\\S+\\.\\w+)(?::(\\d+))?: (?:.*: )?(Undefined reference: .+)$`),
    groups: ["file", "line", "message"],
  },
  {
    tool: "license",
    pattern: new RegExp(`${LEVEL}((?:Missing header in|Header (?:not|mis)\\w*.*): (\\S.*))$`),
    groups: ["message", "file"],
  },
  {
    tool: "rat",
    pattern: new RegExp(`(?:${LEVEL})?((?:Files|Documents) with unapproved licenses:)`),
    groups: ["message"],
    list: true,
  },
  {
    tool: "maven-dependency",
    pattern: new RegExp(
      `${LEVEL}((?:Unused declared|Used undeclared|Non-test scoped test only) dependencies found:|Dependency problems found)$`,
    ),
    groups: ["message"],
    list: true,
  },
  {
    tool: "fmt",
    pattern: new RegExp(`${LEVEL}(Non complying file: (\\S.*))$`),
    groups: ["message", "file"],
    category: "lint",
  },
];

export const mavenChecks: ToolReader = {
  tool: "maven-checks",
  hints: [
    ":[",
    "PMD Failure",
    "CPD Failure",
    "Forbidden ",
    "Undefined reference: ",
    "header in: ",
    "unapproved licenses",
    "dependencies found:",
    "Non complying",
  ],
  start(line) {
    for (const check of CHECKS) {
      const match = check.pattern.exec(line.text);
      if (match === null) continue;
      return check.list === true
        ? gather(
            [line],
            ({ text }) => (/^(?:\[(?:ERROR|WARNING|WARN|INFO)\] )?\s{2,}\S/.test(text) ? "take" : "no"),
            (lines, range) => [draftOf(check, match, lines, range)],
          )
        : [draftOf(check, match, [line], { first: line.no, last: line.no })];
    }
    return undefined;
  },
};

function draftOf(
  check: Check,
  match: RegExpExecArray,
  lines: readonly Line[],
  range: { first: number; last: number },
): Draft {
  const said = Object.fromEntries(check.groups.map((name, index) => [name, match[index + 1]]));
  const below = lines.slice(1).map(({ text }) => text.replace(/^\[\w+\]/, "").trim());
  const within = /\((\S+\.\w+):(\d+)\)/.exec(below.join("\n"));
  const file =
    said.file ?? within?.[1] ?? (said.class === undefined ? undefined : `${said.class.replaceAll(".", "/")}.java`);
  return {
    tool: check.tool,
    category: check.category ?? "policy",
    message: [said.message, within === null ? below[0] : undefined].filter(Boolean).join(" "),
    ...range,
    provisional: true,
    place: file === undefined ? undefined : placeOf(file, said.line ?? within?.[2], said.column),
    captures: { rule: said.rule },
    key: said.rule,
  };
}
