import { editLine, type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf } from "../fixer.ts";

/** A fixer of one line of Python, where the interpreter's own words say what is wrong with it. */
function lineFixer(
  name: string,
  summary: string,
  fault: RegExp,
  edit: (line: string, input: FixerInput) => string | undefined,
  trust = 0.9,
): Fixer {
  return {
    name,
    summary,
    trust,
    async propose(input) {
      const place = await placeOf(input);
      if (!place?.file.endsWith(".py") || !fault.test(textOf(input))) return [];
      return proposals(summary, [
        await rewrite(
          input.tree,
          place.file,
          editLine(place.line, (line) => edit(line, input)),
        ),
      ]);
    },
  };
}

const COMMENT = /(\s*(?:#.*)?)$/;

export const pythonMissingColon = lineFixer(
  "python-missing-colon",
  "a block of Python that begins without a colon",
  // The interpreter's words, then ruff's.
  /expected ':'|Expected `:`/,
  (line) => (/:\s*(?:#.*)?$/.test(line) ? undefined : line.replace(COMMENT, ":$1")),
);

export const pythonAssignmentInCondition = lineFixer(
  "python-assignment-in-condition",
  "`=` where a Python condition means `==`",
  /Maybe you meant '==' or ':='|invalid syntax\. Maybe you meant '=='/,
  (line) => (/^\s*(?:if|elif|while|assert|return)\b/.test(line) ? line.replace(/([^=!<>:])=(?!=)/, "$1==") : undefined),
);

export const pythonUnclosedBracket = lineFixer(
  "python-unclosed-bracket",
  "a bracket that is never closed on its line",
  /'([([{])' was never closed/,
  (line, input) => {
    const open = /'([([{])' was never closed/.exec(textOf(input))?.[1];
    const close = open === "(" ? ")" : open === "[" ? "]" : "}";
    // A comma or an operator at the end: the rest is on lines that are not there.
    return /[-+*/%,=]\s*(?:#.*)?$/.test(line) ? undefined : line.replace(/(:?\s*(?:#.*)?)$/, `${close}$1`);
  },
  0.7,
);

export const pythonUnterminatedString = lineFixer(
  "python-unterminated-string",
  "a Python string without its closing quote",
  /unterminated string literal|EOL while scanning string literal/,
  (line) => {
    const quotes = line.replaceAll(/\\./g, "").match(/["']/g) ?? [];
    const open = quotes[0];
    return open === undefined ? undefined : line.replace(/(\s*[)\]}]*:?\s*)$/, `${open}$1`);
  },
  0.7,
);

export const pythonTwoSyntax = lineFixer(
  "python-two-syntax",
  "Python 2: the print statement, `except X, e`, `raise X, y`, backticks and `<>`",
  /Missing parentheses in call to '(?:print|exec)'|multiple exception types must be parenthesized|invalid syntax/,
  (line) =>
    line
      .replace(/^(\s*)(print|exec)\s+(?!\()(.+?)(\s*(?:#.*)?)$/, "$1$2($3)$4")
      .replace(/^(\s*except\s+[\w.]+)\s*,\s*(\w+)\s*:/, "$1 as $2:")
      .replace(/^(\s*raise\s+[\w.]+)\s*,\s*(.+)$/, "$1($2)")
      .replace(/<>/g, "!="),
);

const RENAMED: readonly (readonly [fault: RegExp, from: RegExp, to: string])[] = [
  [/has no attribute 'iteritems'/, /\.iteritems\(\)/g, ".items()"],
  [/has no attribute 'itervalues'/, /\.itervalues\(\)/g, ".values()"],
  [/has no attribute 'iterkeys'/, /\.iterkeys\(\)/g, ".keys()"],
  [/has no attribute 'has_key'/, /([\w.]+)\.has_key\(([^()]+)\)/g, "$2 in $1"],
  [/name 'xrange' is not defined/, /\bxrange\b/g, "range"],
  [/name 'unicode' is not defined/, /\bunicode\b/g, "str"],
  [/name 'basestring' is not defined/, /\bbasestring\b/g, "str"],
  [/name 'raw_input' is not defined/, /\braw_input\b/g, "input"],
  [/name 'long' is not defined/, /\blong\b/g, "int"],
  [
    /module 'collections' has no attribute '(?:Mapping|MutableMapping|Sequence|Iterable|Iterator|Callable|Set|Hashable|Sized)'/,
    /\bcollections\.(Mapping|MutableMapping|Sequence|Iterable|Iterator|Callable|Set|Hashable|Sized)\b/g,
    "collections.abc.$1",
  ],
  [
    /cannot import name '(?:Mapping|MutableMapping|Sequence|Iterable|Iterator|Callable|Set|Hashable|Sized)' from 'collections'/,
    /\bfrom collections import\b/g,
    "from collections.abc import",
  ],
  [/module 'inspect' has no attribute 'getargspec'/, /\binspect\.getargspec\b/g, "inspect.getfullargspec"],
  [/module 'time' has no attribute 'clock'/, /\btime\.clock\b/g, "time.perf_counter"],
  [/module 'fractions' has no attribute 'gcd'/, /\bfractions\.gcd\b/g, "math.gcd"],
  [/module 'string' has no attribute 'letters'/, /\bstring\.letters\b/g, "string.ascii_letters"],
  [/module 'os' has no attribute 'getcwdu'/, /\bos\.getcwdu\b/g, "os.getcwd"],
  [/module 'base64' has no attribute 'decodestring'/, /\bbase64\.decodestring\b/g, "base64.decodebytes"],
  [/module 'base64' has no attribute 'encodestring'/, /\bbase64\.encodestring\b/g, "base64.encodebytes"],
  [/module 'numpy' has no attribute '(?:int|float|bool|object)'/, /\bnp\.(int|float|bool|object)\b(?!_)/g, "$1"],
  [/has no attribute 'tostring'/, /\.tostring\(\)/g, ".tobytes()"],
  [/name '(?:true|false|null)' is not defined/, /\btrue\b/g, "True"],
  [/name '(?:true|false|null)' is not defined/, /\bfalse\b/g, "False"],
  [/name '(?:true|false|null)' is not defined/, /\bnull\b/g, "None"],
];

export const pythonRenamed: Fixer = {
  name: "python-renamed",
  summary: "names that Python or its libraries have renamed or removed, and JSON's true, false and null",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    const rules = RENAMED.filter(([fault]) => fault.test(text));
    if (!place?.file.endsWith(".py") || rules.length === 0) return [];
    return proposals("use the name that Python has today", [
      await rewrite(input.tree, place.file, (source) => {
        let made = source;
        for (const [, from, to] of rules) made = outsideStrings(made, (code) => code.replace(from, to));
        if (/\bcollections\.abc\b/.test(made)) made = made.replace(/^import collections$/m, "import collections.abc");
        if (/\bmath\.gcd\b/.test(made)) made = made.replace(/^import fractions$/m, "import math");
        return made;
      }),
    ]);
  },
};

/** Edits code only, not what stands in quotes or comments. */
function outsideStrings(source: string, edit: (code: string) => string): string {
  return source
    .split(/("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*)/)
    .map((part, index) => (index % 2 === 0 ? edit(part) : part))
    .join("");
}
