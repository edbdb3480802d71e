import type { Line } from "../clean.ts";
import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find } from "./text.ts";

// a.c:2:44: error: 'bar' undeclared …            gcc, clang, and who writes as they do (mypy and javac have readers of their own)
// a.cpp(12): error C2065: …  a.cs(3,5): error CS0103: …   MSVC, MSBuild
// ld: x.o: in function `main': … undefined reference to `foo'
const DIAGNOSTIC =
  /^(?:In file included from .*|((?:[A-Za-z]:)?[^\s:][^:]*?\.\w{1,5}|<command-line>|<stdin>):(?:(\d+):)?(?:(\d+):)? ((?:fatal )?error|(?:[Ss]chwerwiegender )?[Ff]ehler|erreur(?: fatale)?|error fatal|errore(?: fatale)?|(?:фатальная )?ошибка|(?:致命的)?エラー|(?:致命)?错误) ?[:：] ?(.*))$/;
const MICROSOFT =
  /^\s*(?:\d+>)?(.+?)\((\d+)(?:,(\d+))?(?:,\d+,\d+)?\): (?:fatal )?error ([A-Z]{1,5}\d{3,5}): (.*?)(?: \[[^\]]+proj(?:::.*)?\])?$/;
const LINKER =
  /^(?:\S*\bld(?:\.\w+)?: )?(?:(\S+?):(?:(\d+)|\(\.[\w.]+\+0x[0-9a-f]+\))\s?: )?((?:undefined reference to|référence indéfinie vers) [`'‘"«]\s?(.+?)\s?['’"»]|multiple definition of [`'‘"](.+?)['’"].*|cannot find -l(\S+?)(?:: .*)?)$/;
const DARWIN = /^Undefined symbols for architecture|^duplicate symbol /;
const END =
  /^(?:collect2: (?:error|fatal error|Fehler|erreur)\s?: .*|clang(?:\+\+)?(?:-\d+)?: error: (.*)|(?:\S*\/)?ld(?:\.\w+)?: error: (.*)|cc1(?:plus)?: (?:fatal )?error: (.*)|LINK : fatal error (LNK\d+): .*)$/;

export const gcc: ToolReader = {
  tool: "gcc",
  hints: [
    "error: ",
    "fehler: ",
    "erreur",
    "error fatal: ",
    "errore",
    "ошибка",
    "エラー",
    "错误",
    "error C",
    "error LNK",
    "error MSB",
    "error NU",
    "error FS",
    "undefined reference",
    "indéfinie vers",
    "multiple definition",
    "cannot find -l",
    "ld returned",
    "Undefined symbols",
  ],
  start(line) {
    const { text } = line;
    const linker = LINKER.exec(text);
    if (linker !== null) return linkerDraft(line, linker);
    if (DARWIN.test(text)) return darwinBlock(line);
    const microsoft = MICROSOFT.exec(text);
    if (microsoft !== null) return microsoftDraft(line, microsoft);
    const end = END.exec(text);
    if (end !== null) {
      const said = end[1] ?? end[2] ?? end[3];
      return [
        {
          tool: "gcc",
          category: /treated as errors/.test(text) ? "warnings_as_errors" : categoryOf(text, "compilation"),
          message: text,
          first: line.no,
          last: line.no,
          ...(said === undefined || /linker command failed|treated as errors/.test(said)
            ? { rank: "consequence" as const }
            : {}),
        },
      ];
    }
    const match = DIAGNOSTIC.exec(text);
    return match === null ||
      match[1] === undefined ||
      /\.(?:py|java|kt|scala|rs|go|[cm]?[jt]sx?|tf|swift)$/.test(match[1])
      ? undefined
      : diagnosticBlock(line, match);
  },
};

function diagnosticBlock(line: Line, match: RegExpExecArray) {
  return gather(
    [line],
    ({ text }) =>
      /^\s+(?:\d+ )?\|/.test(text) ||
      /^\s+[~^]/.test(text) ||
      /: note: /.test(text) ||
      /^compilation terminated\.$/.test(text) ||
      /^ {2,}\S/.test(text)
        ? "take"
        : "no",
    (lines, range) => {
      const said = match[5]!;
      const flag = find(said, /\[-Werror(?:=([\w-]+))?[,\]]/) ?? find(said, /\[-Werror,-W([\w-]+)\]/);
      const names = [...said.matchAll(/['‘`]([^'’`]+)['’`]/g)].map((group) => group[1]);
      const all = lines.map(({ text }) => text).join("\n");
      return [
        {
          tool: "gcc",
          category: /\[-Werror/.test(said) ? ("warnings_as_errors" as const) : categoryOf(said, "compilation"),
          message: said,
          ...range,
          place: placeOf(match[1]!, match[2], match[3]),
          captures: {
            rule: flag,
            identifier: names[0],
            suggestion: find(all, /did you mean ['‘`](.+?)['’`]/),
            file: find(said, /^['‘`]?([^'’`:]+?)['’`]?(?: file not found|: No such file)/),
            expected: find(said, /expected ['‘`](.+?)['’`]/),
          },
          key: flag,
        },
      ];
    },
  );
}

function linkerDraft(line: Line, match: RegExpExecArray) {
  return [
    {
      tool: "ld",
      category: "compilation" as const,
      message: match[3]!,
      first: line.no,
      last: line.no,
      place: match[1] === undefined || match[2] === undefined ? undefined : placeOf(match[1], match[2]),
      captures: { identifier: match[4] ?? match[5], library: match[6] },
    },
  ];
}

function darwinBlock(line: Line) {
  return gather(
    [line],
    ({ text }) => (/^\s+\S|^ld: /.test(text) ? "take" : "no"),
    (lines, range) => [
      {
        tool: "ld",
        category: "compilation",
        message: lines
          .map(({ text }) => text.trim())
          .slice(0, 2)
          .join(" "),
        ...range,
        captures: { identifier: find(lines[1]?.text ?? "", /"(.+?)", referenced/) },
      },
    ],
  );
}

function microsoftDraft(line: Line, match: RegExpExecArray) {
  const [, file, at, column, rule = "", said = ""] = match;
  const category: Category = rule.startsWith("NU")
    ? rule === "NU1605" || rule === "NU1107"
      ? "dependency_conflict"
      : rule === "NU1004"
        ? "dependency_lock"
        : "dependency_resolution"
    : rule.startsWith("MSB")
      ? "configuration"
      : "compilation";
  return [
    {
      tool: "msbuild",
      category: categoryOf(said, category),
      message: said,
      first: line.no,
      last: line.no,
      place: placeOf(file!, at, column),
      captures: { rule, identifier: find(said, /'([^']+)'/) },
      key: rule,
    },
  ];
}
