import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, isBlank } from "./text.ts";

// [ERROR] Failed to execute goal G:A:V:goal (id) on project P: what -> [Help 1]     the end of every failed build
// [ERROR] /src/X.java:[61,35] cannot find symbol                                    compiler plugin, told twice
// [WARNING] Rule 2: …RequireUpperBoundDeps failed with message:                      enforcer ≤ 3.1; later inside the goal's error
// [ERROR] Non-resolvable parent POM … / [FATAL] / The project … has 1 error          the model
const LEVEL = /^\[(?:ERROR|FATAL)\] ?(.*)$/;
const ANY_LEVEL = /^\[(?:ERROR|WARNING|WARN|INFO|FATAL|DEBUG)\] ?/;
const COMPILER =
  /^\[ERROR\] (\S.*?\.(?:java|kt|groovy|scala)):(?:\[(\d+)(?:,(\d+))?\]|(\d+):(?:(\d+):)?|\s\((\d+), (\d+)\)) ?(?:error: )?(.*)$/;
const KOTLIN = /^\[ERROR\] (?:file:\/\/)?(\S.*?\.\w+): ?(?:\((-?\d+), ?(-?\d+)\)|(\d+):(\d+)):? (.*)$/;
const GOAL =
  /^Failed to execute goal (?:([\w.-]+):([\w.-]+):([\w.-]+):([\w-]+)(?: \(([^)]*)\))? )?on project ([^:]+): ?(.*)$/;
const RULE = /^\[(?:WARNING|ERROR)\] Rule (\d+): ([\w.$]+)(?:\(([^)]*)\))? failed with message:?(.*)$/;
const MODEL =
  /^\[(?:ERROR|FATAL)\] (?:\[(?:ERROR|FATAL)\] )?(Non-resolvable (?:parent|import) POM.*|Non-(?:parse|read)able POM.*|Malformed POM.*|Unresolveable build extension.*|.*? @ (?:line|\S+:\S+).*|Unknown lifecycle phase.*|No goals have been specified.*|The goal you specified requires a project.*|No plugin found for prefix.*|Could not find the selected project.*|Unrecognized option.*|Plugin \S+ or one of its dependencies could not be resolved.*|Error resolving version for plugin.*|The build could not read .*)$/;
/** The heading of what is wrong with the projects' models: below it stands each fault, and where. */
const MODELS = /^\[ERROR\] The build could not read/;
/** Compilers report a deprecation as an error only where warnings are fatal. */
const FATAL_WARNING =
  /^No warnings can be incurred under -(?:Werror|Xfatal-warnings)|^(?:method|class|value|object|trait|type|variable|constructor) .* is deprecated\b|^warnings found and -Werror specified/;
const LOCK =
  /^\[ERROR\] (The following dependencies (?:differ|are missing|were (?:added|removed)).*|.*(?:Expected|but found) .*LockedVersion.*|Dependencies differ.*|Missing dependencies:.*|Extraneous dependencies:.*)$/;

export const maven: ToolReader = {
  tool: "maven",
  hints: ["[ERROR]", "[FATAL]", "failed with message", "warnings found and -Werror"],
  start(line) {
    const rule = RULE.exec(line.text);
    if (rule !== null) return ruleBlock(line, rule);
    if (
      /^\[(?:ERROR|INFO|WARNING)\] (?:error: )?(?:COMPILATION ERROR : *)?warnings found and -Werror specified/.test(
        line.text,
      )
    ) {
      return [
        {
          tool: "maven",
          category: "warnings_as_errors",
          message: "warnings found and -Werror specified",
          first: line.no,
          last: line.no,
        },
      ];
    }
    if (!LEVEL.test(line.text)) return undefined;
    const said = LEVEL.exec(line.text)![1]!;
    const goal = GOAL.exec(said);
    if (goal !== null) return goalBlock(line, goal);
    const compiler = COMPILER.exec(line.text) ?? KOTLIN.exec(line.text);
    if (compiler !== null) return compilerBlock(line, compiler);
    if (/^COMPILATION (?:ERROR|FAILURE)/.test(said)) {
      // The heading of the list below it; counts only when the list is empty or of unknown form.
      return [
        {
          tool: "maven",
          category: "compilation",
          message: "COMPILATION ERROR",
          first: line.no,
          last: line.no,
          rank: "consequence",
        },
      ];
    }
    if (
      /^(?:Source|Target) option \S+ is no longer supported|^(?:invalid|error: invalid) (?:source|target) release|^release version \S+ not supported/.test(
        said,
      )
    ) {
      return [
        {
          tool: "javac",
          category: "compilation",
          message: said,
          first: line.no,
          last: line.no,
          captures: {
            option: find(said, /option (\S+) is/) ?? find(said, /(?:release:?|version) (\S+)/),
            minimum: find(said, /Use (\S+) or later/),
          },
        },
      ];
    }
    const strict = /^(\S+\.(?:java|kt)): warnings found and -Werror specified$/.exec(said);
    if (strict !== null) {
      return [
        {
          tool: "javac",
          category: "warnings_as_errors",
          message: "warnings found and -Werror specified",
          first: line.no,
          last: line.no,
          place: placeOf(strict[1]!),
        },
      ];
    }
    if (LOCK.test(line.text)) return errorLines(line, "dependency_lock");
    const model = MODEL.exec(line.text);
    if (model !== null) return errorLines(line, modelCategory(model[1]!));
    return undefined;
  },
};

/** `[ERROR]` lines that follow each other, as one failure. */
function errorLines(line: Line, category: Category) {
  return gather(
    [line],
    ({ text }, held) =>
      LEVEL.test(text) &&
      !GOAL.test(LEVEL.exec(text)![1]!) &&
      !/re-run Maven|^\[ERROR\] \[Help \d/.test(text) &&
      // Below its heading, a model's faults stand behind an empty line.
      (!/^\[ERROR\]\s*$/.test(text) || (held.length === 1 && MODELS.test(held[0]!.text)))
        ? "take"
        : "no",
    (lines, range) => {
      const texts = lines.map(({ text }) =>
        LEVEL.exec(text)![1]!
          .replace(/^\[(?:ERROR|FATAL)\] /, "")
          .trim(),
      );
      const heading = MODELS.test(lines[0]!.text);
      const told = (heading ? texts.find((text) => text.includes(" @ ")) : undefined) ?? texts[0]!;
      const continues = category === "dependency_lock" || told.endsWith(":");
      const message = continues ? texts.slice(0, 2).join(" ") : told.replace(/ @ .*$/, "");
      const at = / @ line (\d+), column (\d+)/.exec(told);
      const pom = find(texts.join("\n"), /\((\S+pom\.xml)\) has \d+ error/);
      return [
        {
          tool: "maven",
          category,
          message,
          ...(category === "dependency_lock" ? { gist: texts[0]! } : {}),
          ...range,
          place: pom === undefined ? undefined : placeOf(pom, at?.[1], at?.[2]),
          captures: artifactOf(texts.join("\n")),
          key: artifactOf(texts.join("\n")).package,
        },
      ];
    },
  );
}

function compilerBlock(line: Line, match: RegExpExecArray) {
  const kotlin = match.length < 9;
  const [file, at, column, said] = kotlin
    ? [match[1]!, match[2] ?? match[4], match[3] ?? match[5], match[6]!]
    : [match[1]!, match[2] ?? match[4] ?? match[6], match[3] ?? match[5] ?? match[7], match[8]!];
  return gather(
    [line],
    ({ text }) =>
      /^(?:\[ERROR\])?\s+(?:symbol|location|required|found|reason|bad |class |method|type|variable|equality|lower|where|\(|[A-Z]\w* is|Please|constructor|argument|inference|cannot|first|upper)/.test(
        text,
      ) && !COMPILER.test(text)
        ? "take"
        : "no",
    (lines, range) => {
      const more = lines
        .slice(1)
        .map(({ text }) => text.replace(ANY_LEVEL, "").trim())
        .join("\n");
      const checkstyle = find(said, /\[([A-Z]\w+)\]$/);
      const missing = find(said, /^package (\S+) does not exist/);
      return [
        {
          tool: checkstyle === undefined ? compilerOf(file) : "checkstyle",
          category:
            checkstyle !== undefined ? "policy" : FATAL_WARNING.test(said) ? "warnings_as_errors" : "compilation",
          message: [said, /^cannot find symbol/.test(said) ? more.split("\n")[0] : ""].filter(Boolean).join(" "),
          ...range,
          place: placeOf(file, at, column),
          captures: {
            rule: checkstyle,
            identifier: find(more, /symbol:\s+(?:class|variable|method|interface|static) (\w+)/),
            package: missing ?? find(said, /^cannot access (\S+)/),
            type: find(more, /location:\s+(?:class|interface|variable \w+ of type) (\S+)/),
            expected: find(more, /required:\s+(.+)/),
            actual: find(more, /found:\s+(.+)/),
          },
          key: missing ?? checkstyle,
        },
      ];
    },
  );
}

function compilerOf(file: string): string {
  const language = /\.(kt|scala|groovy)$/.exec(file)?.[1];
  return language === undefined ? "javac" : { kt: "kotlinc", scala: "scalac", groovy: "groovyc" }[language]!;
}

function ruleBlock(line: Line, rule: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) =>
      isBlank(text) ||
      (/^\[(?:INFO|ERROR|WARNING|DEBUG)\]/.test(text) &&
        !/^\[ERROR\](?!\s*(?:Rule|Failed|To see|Re-run|For more|After|\[Help))/.test(text))
        ? isBlank(text)
          ? "take"
          : "no"
        : "take",
    (lines, range) => [
      {
        tool: "enforcer",
        category: "policy",
        message: ruleMessage(rule[2]!, [rule[4]!, ...lines.slice(1).map(({ text }) => text)]),
        ...range,
        gist: ruleName(rule[2]!),
        captures: { rule: ruleName(rule[2]!), ...artifactOf(lines.map(({ text }) => text).join("\n")) },
        key: ruleName(rule[2]!),
      },
    ],
  );
}

function ruleName(name: string): string {
  return name.split(".").at(-1)!;
}

/** The rule, and what it is about without versions and paths of the dependency tree, so that the order does not matter. */
function ruleMessage(name: string, lines: readonly string[]): string {
  const said = lines
    .map((text) => text.replace(ANY_LEVEL, "").trim())
    .find((text) => text !== "" && !/^[+|\\]-/.test(text) && !/^Failed while enforcing/.test(text));
  return `${ruleName(name)}${said === undefined ? "" : `: ${said.replace(/\s*paths? to dependency.*$/, "").slice(0, 200)}`}`;
}

function goalBlock(line: Line, goal: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) =>
      LEVEL.test(text) ||
      /^[\s+|\\]|^(?:Caused by|from|and|, )/.test(text) ||
      /^(?:-----|realm|urls?\[|import from|Number of foreign)/.test(text)
        ? "take"
        : "no",
    (lines, range): Draft[] => {
      const texts = lines.map(({ text }) => text.replace(ANY_LEVEL, ""));
      const help = texts.findIndex((text) => text.includes("-> [Help"));
      const end = help === -1 ? texts.findIndex((text, index) => index > 0 && isBlank(text)) : help;
      const body = texts.slice(1, end === -1 ? texts.length : end + 1);
      const plugin = goal[2];
      const said = [goal[7]!, ...body]
        .join("\n")
        .replace(/ -> \[Help \d+\]/, "")
        .trim();
      const category = goalCategory(plugin, goal[4], said);
      const rule = find(said, /Rule \d+: ([\w.$]+)(?:\([^)]*\))? failed with message/);
      const artifact = artifactOf(said);
      const crash = find(said, /^(The forked VM terminated .*|There was a timeout .*in the fork)/m);
      const bare =
        crash === undefined &&
        /^(?:Some Enforcer rules have failed|There are test failures|There were test failures|Compilation failure|Failed during checkstyle execution|You have \d+ Checkstyle|Dependencies differ)/.test(
          said,
        );
      return [
        {
          verdict: true,
          tool: rule !== undefined ? "enforcer" : "maven",
          category,
          message:
            rule !== undefined
              ? ruleMessage(rule, body.slice(body.findIndex((text) => text.includes("failed with message")) + 1))
              : messageOf(goal, crash ?? said),
          ...range,
          ...(bare && rule === undefined ? { rank: "consequence" as const } : {}),
          ...(rule === undefined ? {} : { gist: ruleName(rule) }),
          captures: {
            rule: rule === undefined ? undefined : ruleName(rule),
            plugin,
            goal: goal[4],
            project: goal[6],
            ...artifact,
          },
          key: [plugin, rule === undefined ? artifact.package : ruleName(rule)].filter(Boolean).join(" "),
        },
      ];
    },
  );
}

/** The goal and its first words that say something: what could not be had, or what stands below a heading. */
function messageOf(goal: RegExpExecArray, said: string): string {
  const lines = said.split("\n").map((text) => text.trim());
  const head = (lines.find((text) => text !== "") ?? "failed").replace(/^Execution \S+ of goal \S+ failed: /, "");
  const missing = lines.find((text) =>
    /^(?:Could not find artifact|Could not transfer artifact|No versions available|\S+:\S+ was not found in)/.test(
      text,
    ),
  );
  const below = lines.slice(lines.indexOf(head) + 1).find((text) => text !== "" && !/^Exit code: \d+$/.test(text));
  const told = [head, missing ?? (head.endsWith(":") ? below : undefined)]
    .filter((text) => text !== undefined)
    .map((text) => text.replace(/:$/, ""));
  return `${goal[2] === undefined ? "" : `${goal[2]}:${goal[4]}: `}${told.join(": ").slice(0, 300)}`.trim();
}

/** What a goal's failure means: by plugin where its purpose is fixed, else by wording. */
function goalCategory(plugin: string | undefined, goal: string | undefined, said: string): Category {
  const name = `${plugin ?? ""}:${goal ?? ""}`;
  if (
    /Could not resolve dependencies|could not be resolved|Could not find artifact|Failure to find|Could not transfer artifact|was not found in/.test(
      said,
    ) &&
    !/surefire|failsafe|compiler/.test(name)
  ) {
    return categoryOf(said, "dependency_resolution");
  }
  if (/-Werror|warnings found and/.test(said)) return "warnings_as_errors";
  if (/lock/.test(plugin ?? "")) return "dependency_lock";
  if (
    /^(?:maven-hpi-plugin:(?:enforce|validate)|maven-enforcer|maven-checkstyle|maven-pmd|spotbugs|findbugs|pgpverify|license|animal-sniffer|japicmp|revapi|maven-dependency-plugin:analyze|impsort|dependency-check|forbiddenapis|jacoco-maven-plugin:check|modernizer|extra-enforcer|clirr|apache-rat|maven-artifact-plugin|duplicate-finder|basepom)/.test(
      name,
    )
  )
    return "policy";
  if (/spotless|formatter|fmt-maven|googleformatter|ktlint|detekt|sortpom/.test(name)) return "lint";
  if (/surefire|failsafe|junit|testng|karma|jest|invoker|cucumber|gatling|scalatest|tycho-surefire|pitest/.test(name))
    return "test";
  if (
    /compiler|kotlin|scala|groovy|gmaven|takari-lifecycle|aspectj|antlr|jaxb|modello|protobuf|javadoc|native-maven|bnd-|maven-bundle/.test(
      name,
    )
  )
    return "compilation";
  if (/[Cc]ompilation (?:failure|error)/.test(said)) return "compilation";
  if (/[Tt]est(?:s)? (?:failed|failures?)|test failures/.test(said)) return "test";
  return categoryOf(said, "unknown");
}

function modelCategory(said: string): Category {
  if (/Non-resolvable|Unresolveable|could not be resolved|Error resolving version/.test(said))
    return categoryOf(said, "dependency_resolution");
  return "configuration";
}

function artifactOf(said: string): { package?: string; version?: string } {
  const match =
    /(?:Could not find artifact|Failure to find|could not be resolved:|Could not transfer artifact|error for|error for:?|Could not find|found) ([\w.-]+:[\w.-]+):(?:(?:jar|pom|war|bundle|zip|maven-plugin|test-jar)(?::[\w-]+)?:)?(v?\d[\w.-]*)?/.exec(
      said,
    ) ?? /([\w.-]+\.[\w.-]+:[\w.-]+):(?:(?:jar|pom|war):)?(v?\d[\w.-]*)/.exec(said);
  return match === null ? {} : { package: match[1]!, ...(match[2] === undefined ? {} : { version: match[2] }) };
}
