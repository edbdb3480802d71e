import type { Line } from "../clean.ts";
import { type Draft, gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find, indentOf, isBlank } from "./text.ts";

// ./a.go:3:26: declared and not used: x          go build, go vet ("vet: " before), staticcheck and golangci-lint ("(SA1000)" after)
// --- FAIL: TestX (0.00s)                        go test; what the test said is indented below, with -v it stands above under "=== RUN"
// panic: …\n\ngoroutine 7 [running]:             uncaught, or inside a test
// FAIL	pkg [build failed]
// go: updates to go.mod needed                   the go command itself
const DIAGNOSTIC = /^(?:vet: )?((?:[A-Za-z]:)?[^\s:()]+\.go):(\d+)(?::(\d+))?: (.+)$/;
const FAIL = /^(.*?)(\s*)--- FAIL: (\S+) \([\d.]+s\)$/;
const RUN = /^=== (?:RUN|CONT|NAME)\s+(\S+)$/;
const COMMAND = /^go: (.+)$/;
const PANIC = /^(?:panic|fatal error): (.+)$/;

export const go: ToolReader = {
  tool: "go",
  hints: [
    ".go:",
    "--- FAIL:",
    "=== RUN",
    "=== CONT",
    "=== NAME",
    "go: ",
    "panic: ",
    "fatal error: ",
    "[build failed]",
    "[setup failed]",
    "FAIL\t",
    "is not a main package",
    "no Go files",
    '"Action":',
  ],
  start(line) {
    const { text } = line;
    const fail = FAIL.exec(text);
    if (fail !== null) return failBlock(line, fail[2]!.length);
    const run = RUN.exec(text);
    if (run !== null) return runBlock(line, run[1]!);
    if (PANIC.test(text)) return panicBlock(line);
    const broken = /^FAIL\s+(\S+) \[(build|setup) failed\]$/.exec(text);
    if (broken !== null) {
      return [
        {
          tool: "go",
          category: "compilation",
          message: `${broken[2]} of a package failed`,
          first: line.no,
          last: line.no,
          rank: "consequence",
          captures: { package: broken[1] },
        },
      ];
    }
    const packaged = /^package (\S+) is not a main package$|^no Go files in (\S+)$/.exec(text);
    if (packaged !== null)
      return [{ tool: "go", category: "configuration", message: text, first: line.no, last: line.no }];
    const diagnostic = DIAGNOSTIC.exec(text);
    if (diagnostic !== null) return diagnosticBlock(line, diagnostic);
    const command = COMMAND.exec(text);
    return command === null ||
      /^(?:downloading|finding|found|added|extracting|upgraded|downgraded|removed|creating|to add|warning|writing)/.test(
        command[1]!,
      )
      ? undefined
      : commandBlock(line, command[1]!);
  },
};

function diagnosticBlock(line: Line, match: RegExpExecArray) {
  const [, file, at, column, said = ""] = match as unknown as string[];
  return gather(
    [line],
    ({ text }) => (/^\t/.test(text) ? "take" : "no"),
    (lines, range) => {
      const more = lines.slice(1).map(({ text }) => text.trim());
      const all = [said, ...more].join(" ");
      const linter = /\((SA\d+|ST\d+|S\d+|U\d+|QF\d+|[a-z][a-zA-Z]+)\)$/.exec(said)?.[1];
      const rule = linter === "compile" || linter === "typecheck" ? undefined : linter;
      const wanted =
        find(all, /no required module provides package ([^\s;]+)/) ??
        find(all, /cannot find package "([^"]+)"/) ??
        find(all, /package (\S+) is not in (?:GOROOT|std)/) ??
        find(all, /cannot find module providing package ([^\s;:]+)/) ??
        find(all, /missing go\.sum entry (?:for module providing package )?(\S+?)[;\s(]/);
      return [
        {
          tool: "go",
          category: goCategory(all, rule),
          message: said.replace(/ \((?:compile|typecheck)\)$/, ""),
          ...range,
          place: placeOf(file!, at, column),
          captures: {
            rule,
            identifier:
              find(said, /undefined: (\S+)/) ??
              find(said, /declared and not used: (\w+)/) ??
              find(said, /^(\w+) declared (?:and|but) not used/) ??
              find(said, /undeclared name: (\w+)/) ??
              find(said, /^(\S+) undefined/),
            package:
              wanted ??
              find(said, /^"([^"]+)" imported and not used/) ??
              find(said, /^"([^"]+)" imported but not used/),
            suggestion: find(said, /but does have (?:method|field) (\w+)/) ?? find(said, /but have (\w+)/),
            expected: find(said, /as (\S+) value in/) ?? find(said, /want (.+)\)/),
            actual: find(said, /cannot use .+ \((?:.* of type |untyped )?(.+?)\) as/),
          },
          key: [rule, wanted, find(said, /undefined: ([a-z]\w*\.[A-Z]\w*)$/)].filter(Boolean).join(" "),
        },
      ];
    },
  );
}

function goCategory(said: string, rule: string | undefined): Category {
  if (/missing go\.sum entry|checksum mismatch|updates to go\.(?:mod|sum) needed|inconsistent vendoring/.test(said))
    return "dependency_lock";
  if (
    /no required module provides|cannot find (?:package|module)|is not in (?:GOROOT|std)|module .*: (?:reading|not found|git ls-remote|no matching versions|invalid version)|unknown revision|(?:404|410) (?:Not Found|Gone)|@v\S*: (?:Get|reading) "/.test(
      said,
    )
  )
    return categoryOf(said, "dependency_resolution");
  if (
    rule !== undefined ||
    /missing cases in switch of type|should (?:have comment|omit|use|not)|fmt\.\w+ (?:format|call)|composite literal uses unkeyed|struct field tag|unreachable code|possible (?:misuse|formatting)|result of .* call not used|self-assignment|the goroutine calls|call has possible/.test(
      said,
    )
  )
    return "lint";
  return categoryOf(said, "compilation");
}

/** A failed test with its subtests, each a failure of its own; the parent of a failed subtest is a consequence. */
function failBlock(line: Line, indent: number) {
  let panicked = false;
  return gather(
    [line],
    ({ text }) => {
      if (PANIC.test(text)) panicked = true;
      if (/^(?:FAIL|ok\s|PASS|\?\s|=== |exit status|coverage:|testing: )/.test(text)) return "no";
      if (panicked) return "take";
      if (isBlank(text)) return "take";
      return indentOf(text) > indent ? "take" : "no";
    },
    (lines) => {
      const heads = lines.flatMap(({ text }, index) => (FAIL.test(text) ? [index] : []));
      return heads.flatMap((head, order): Draft[] => {
        const test = FAIL.exec(lines[head]!.text)![3]!;
        const end = heads[order + 1] ?? lines.length;
        const body = trimmed(lines.slice(head + 1, end).filter(({ text }) => !/^\s*--- (?:PASS|SKIP):/.test(text)));
        const parent =
          body.length === 0 &&
          heads[order + 1] !== undefined &&
          FAIL.exec(lines[heads[order + 1]!]!.text)![3]!.startsWith(`${test}/`);
        return [testDraft(test, body, lines[head]!.no, body.at(-1)?.no ?? lines[head]!.no, parent)];
      });
    },
  );
}

function testDraft(test: string, body: readonly Line[], first: number, last: number, parent: boolean): Draft {
  const texts = body.map(({ text }) => text);
  const panic = texts
    .map((text) => /^\s*(?:panic|fatal error): (.+?)(?: \[recovered.*\])?$/.exec(text)?.[1])
    .find(Boolean);
  const place = texts.map((text) => /^\s*(\S+\.go):(\d+): ?(.*)$/.exec(text)).find((match) => match !== null);
  const frame = panic === undefined ? undefined : ownFrame(texts);
  const errorAt = texts.findIndex((text) => /^\s*(?:Error:|Error Trace:)/.test(text));
  const testify = errorAt === -1 ? undefined : find(texts.join("\n"), /Error:\s+(.+)/);
  // A first line that only logs is passed over for one that speaks of the failure.
  const said = texts.map((text) => /^\s*\S+\.go:\d+: ?(.*)$/.exec(text)?.[1]).filter((text) => text !== undefined);
  const telling =
    said.find((text) =>
      /\b(?:got|want|expected|unexpected|error|fail|wrong|missing|should|mismatch|invalid|not )\b/i.test(text),
    ) ?? said[0];
  return {
    tool: "go test",
    category: "test",
    message:
      panic !== undefined
        ? `panic: ${panic}`
        : (testify ?? (telling || texts.find((text) => !isBlank(text))?.trim()) ?? `test failed: ${test}`),
    test,
    first,
    last,
    place: frame ?? (place ? placeOf(place[1]!, place[2]) : undefined),
    ...(parent ? { rank: "consequence" as const } : {}),
    ...(body.length === 0 && !parent ? { bare: true } : {}),
    captures: {
      actual: find(texts.join("\n"), /\bgot:? (.+?)(?:, want|; want|$)/m) ?? find(texts.join("\n"), /actual\s*: (.+)/),
      expected: find(texts.join("\n"), /\bwant:? (.+?)$/m) ?? find(texts.join("\n"), /expected\s*: (.+)/),
    },
    key: panic,
  };
}

/** With -v a test's words stand under "=== RUN TestX", before anyone knows that it fails: kept until the verdict comes. */
function runBlock(line: Line, test: string) {
  return gather(
    [line],
    ({ text }) => {
      if (RUN.test(text) || /^=== |^\s*--- (?:FAIL|PASS|SKIP|BENCH)|^(?:FAIL|ok\s|PASS|panic: )/.test(text))
        return "no";
      return "take";
    },
    (lines, range) => {
      const body = trimmed(lines.slice(1));
      const from = body.findIndex(({ text }) => /^\s+\S+\.go:\d+:/.test(text));
      return from === -1
        ? []
        : [{ ...testDraft(test, body.slice(from), range.first, range.last, false), provisional: true }];
    },
  );
}

function panicBlock(line: Line) {
  return gather(
    [line],
    ({ text }) =>
      /^(?:FAIL|ok\s|\?\s|=== |make|##)/.test(text) ? "no" : /^exit status \d+$/.test(text) ? "last" : "take",
    (lines, range) => {
      const texts = lines.map(({ text }) => text);
      if (!texts.some((text) => /^goroutine \d+ \[|^runtime: /.test(text))) return [];
      const said = PANIC.exec(line.text)![1]!;
      const timeout = /^test timed out after/.test(said);
      return [
        {
          tool: "go",
          category: timeout ? "test" : categoryOf(said, "test"),
          message: `panic: ${said}`,
          ...range,
          place: ownFrame(texts),
          key: said,
        },
      ];
    },
  );
}

function ownFrame(texts: readonly string[]) {
  for (const text of texts) {
    const frame = /^\t(\S+\.go):(\d+) \+0x/.exec(text);
    if (frame !== null && !/\/(?:usr\/local\/go|go\/1\.\d|sdk\/go|hostedtoolcache\/go|pkg\/mod)\//.test(frame[1]!))
      return placeOf(frame[1]!, frame[2]);
  }
  return undefined;
}

function commandBlock(line: Line, said: string) {
  return gather(
    [line],
    ({ text }) =>
      /^\t/.test(text) || (said.endsWith(":") && /^(?:go: )?go\.(?:mod|work|sum):\d+:/.test(text)) ? "take" : "no",
    (lines, range) => {
      const all = lines.map(({ text }) => text.trim()).join(" ");
      const module = find(all, /(?:module |go: )((?:[\w-]+\.)+[\w-]+\/[^\s:@]+)/);
      const category: Category =
        /go\.mod file not found|errors parsing go\.(?:mod|work)|unknown directive|no such tool|cannot find main module|toolchain not available|go\.mod requires go >=|invalid go version/.test(
          all,
        )
          ? "configuration"
          : goCategory(all, undefined);
      return [
        {
          tool: "go",
          category: category === "compilation" ? "dependency_resolution" : category,
          message: said.endsWith(":") && lines.length > 1 ? all.replace(/^go: /, "") : said,
          ...range,
          captures: { package: module, version: find(all, /@(v[^\s:]+)/) },
          key: module,
        },
      ];
    },
  );
}

function trimmed(lines: readonly Line[]): Line[] {
  const end = lines.findLastIndex(({ text }) => !isBlank(text));
  return lines.slice(0, end + 1);
}
