import { distance } from "fastest-levenshtein";
import type { Tree } from "../../tree.ts";
import { editLine, type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf } from "../fixer.ts";
import { argumentsFrom, type Part } from "./call.ts";

/** What compilers, checkers and interpreters say of a call with another number of arguments; `name` where they name it. */
const SAYS: readonly RegExp[] = [
  /Expected \d+(?:-\d+| or more)? arguments?, but got \d+/,
  /Missing positional arguments? "\w+"(?:, "\w+")* in call to "(?<name>\w+)"/,
  /Too (?:many|few) (?:positional )?arguments for "(?<name>\w+)"/,
  /(?<name>\w+)\(\) missing \d+ required positional arguments?/,
  /(?<name>\w+)\(\) takes (?:from \d+ to )?\d+ positional arguments? but \d+ (?:was|were) given/,
  /this (?:function|method) takes \d+ arguments? but \d+ arguments? (?:was|were) supplied/,
  /(?:not enough|too many) arguments in call to (?:\S+\.)?(?<name>\w+)/,
  /(?:method|constructor) (?<name>\w+) in (?:class|record|interface|enum) [\w.<>,]+ cannot be applied to given types/,
];

const SOURCE = /\.(?:[cm]?[jt]sx?|py|go|rs|java)$/;
const MOST_PROPOSALS = 4;

interface Parameter {
  readonly name: string;
  /** As it is written, without `&` and `*`; undefined where the language or the author names none. */
  readonly type: string | undefined;
}

/**
 * A call with an argument too many or too few. What is missing is taken from what the calling function has at hand: a
 * name of the parameter's type or spelling. Several may compile: the tests say which is right.
 */
export const argumentCount: Fixer = {
  name: "argument-count",
  summary: "a call with an argument too many, or too few where the calling function has the value at hand",
  trust: 0.5,
  async propose(input) {
    const said = SAYS.map((pattern) => pattern.exec(textOf(input))).find((match) => match !== null);
    const place = await placeOf(input);
    if (!said || !place || !SOURCE.test(place.file)) return [];
    const source = (await input.tree.read(place.file)) ?? "";
    const line = source.split("\n")[place.line - 1] ?? "";
    const call = callIn(line, said.groups?.name, input);
    if (!call) return [];
    const { name, parts, close } = call;
    const parameters = await parametersOf(input.tree, name, place.file);
    if (parameters === undefined || parameters.length === parts.length) return [];
    const change = async (edited: string) => [
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, () => edited),
      ),
    ];
    const found = [];
    if (parts.length > parameters.length) {
      // The last ones first: what was added to a call stands at its end oftener.
      const surplus = parts.length - parameters.length;
      for (let first = parameters.length; first >= 0 && found.length < MOST_PROPOSALS; first--) {
        const kept = parts.filter((_, index) => index < first || index >= first + surplus);
        const text = kept.map(({ from, to }) => line.slice(from, to)).join(", ");
        const edited = `${line.slice(0, call.open + 1)}${text}${line.slice(close)}`;
        found.push(...proposals(`call ${name} without what it does not take`, await change(edited)));
      }
      return found;
    }
    if (parameters.length - parts.length !== 1) return [];
    const written = parts.map(({ from, to }) => line.slice(from, to));
    const at = missingAt(parameters, written);
    const missing = parameters[at] as Parameter;
    for (const value of atHand(source, place.line, missing, [name, ...written]).slice(0, MOST_PROPOSALS)) {
      const text = [...written.slice(0, at), value, ...written.slice(at)].join(", ");
      const edited = `${line.slice(0, call.open + 1)}${text}${line.slice(close)}`;
      found.push(...proposals(`hand ${value} to ${name}`, await change(edited)));
    }
    return found;
  },
};

interface Call {
  readonly name: string;
  readonly open: number;
  readonly parts: readonly Part[];
  readonly close: number;
}

/** The call that is meant: the named one, else the one at or before the failure's column. Only on one line. */
function callIn(line: string, named: string | undefined, { failure }: FixerInput): Call | undefined {
  const column = failure.place?.column ?? Number.POSITIVE_INFINITY;
  const calls = [...line.matchAll(/([\p{L}_$][\p{L}\p{N}_$]*)\(/gu)].flatMap((match) => {
    const open = match.index + match[0].length - 1;
    const { parts, close } = argumentsFrom(line, open);
    return close === undefined ? [] : [{ name: match[1] ?? "", open, parts, close }];
  });
  const meant = calls.filter(({ name }) => named === undefined || name === named || named === "__init__");
  // A tool marks the name, the bracket or an argument: the innermost call around it is meant.
  return (
    meant.filter(({ open, name, close }) => open - name.length < column && column <= close + 2).at(-1) ?? meant.at(-1)
  );
}

/** The parameters of the one function, method or class of that name; undefined when there are several that differ. */
async function parametersOf(tree: Tree, name: string, near: string): Promise<readonly Parameter[] | undefined> {
  const extension = /\.\w+$/.exec(near)?.[0] ?? "";
  const definition =
    extension === ".go"
      ? new RegExp(`^func\\s+(?:\\([^)]*\\)\\s*)?${name}\\(([^)]*)\\)`, "gm")
      : extension === ".rs"
        ? new RegExp(`\\bfn\\s+${name}(?:<[^>]*>)?\\(([^)]*)\\)`, "g")
        : extension === ".py"
          ? new RegExp(
              `^\\s*(?:async\\s+)?def\\s+${name}\\(([^)]*)\\)|^class\\s+${name}\\b[^:]*:((?:\\n(?!\\S).*)*)`,
              "gm",
            )
          : extension === ".java"
            ? new RegExp(
                `^\\s*(?:(?:public|protected|private|static|final|abstract)\\s+)+(?:[\\w.<>,\\[\\] ]+\\s+)?${name}\\(([^)]*)\\)\\s*(?:throws [\\w., ]+)?[{;]`,
                "gm",
              )
            : new RegExp(
                `(?:\\bfunction\\s+|^\\s*(?:(?:public|private|protected|static|async|override)\\s+)*)${name}\\(([^)]*)\\)[^;\\n]*\\{|\\b(?:const|let)\\s+${name}\\s*=\\s*(?:async\\s*)?\\(([^)]*)\\)[^;\\n]*=>`,
                "gm",
              );
  const kind = /\.[cm]?[jt]sx?$/.test(near) ? /\.[cm]?[jt]sx?$/ : new RegExp(`\\${extension}$`);
  const found = new Map<string, readonly Parameter[]>();
  for (const path of (await tree.paths()).filter((one) => kind.test(one))) {
    for (const match of ((await tree.read(path)) ?? "").matchAll(definition)) {
      const text = match[1] ?? (extension === ".py" ? fieldsOf(match[2] ?? "") : (match[2] ?? ""));
      const parameters = text
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "" && !/^(?:&?(?:mut )?self\b|cls\b|\*|\/$|this\b)/.test(one))
        .map((one) => parameterOf(one, extension));
      found.set(JSON.stringify(parameters), parameters);
    }
  }
  return found.size === 1 ? [...found.values()][0] : undefined;
}

/** What a class of Python takes: its `__init__`, or the fields of a dataclass. */
function fieldsOf(body: string): string {
  const init = /def __init__\(([^)]*)\)/.exec(body)?.[1];
  return init ?? [...body.matchAll(/^ {4}(\w+: [^=\n]+)/gm)].map((match) => match[1]).join(",");
}

function parameterOf(text: string, extension: string): Parameter {
  const bare = text.replace(/\s*=.*$/, "").replace(/^(?:final|mut|readonly|private|public|\.\.\.)\s*/, "");
  const words =
    extension === ".java"
      ? /^(?<type>.+?)\s+(?<name>\w+)$/.exec(bare)
      : /^(?<name>[\w$]+)\??\s*[:\s]\s*(?<type>.+)$/.exec(bare);
  return { name: words?.groups?.name ?? bare, type: words?.groups?.type?.replace(/^[&*]+(?:mut )?/, "").trim() };
}

/** Which parameter has no argument: the first whose argument is spelt like the next parameter, else the last. */
function missingAt(parameters: readonly Parameter[], written: readonly string[]): number {
  const alike = (argument: string | undefined, parameter: Parameter | undefined) =>
    argument !== undefined && parameter !== undefined && argument.toLowerCase().includes(parameter.name.toLowerCase());
  for (const [index, parameter] of parameters.entries()) {
    if (!alike(written[index], parameter) && alike(written[index], parameters[index + 1])) return index;
  }
  return written.length;
}

const WORDS =
  /^(?:and|as|async|await|break|case|class|const|continue|def|else|false|for|from|func|fn|function|if|impl|import|in|int|is|let|match|mut|new|nil|none|not|null|or|package|private|protected|pub|public|range|return|self|static|struct|this|true|type|use|var|void|while|string|number|boolean|export|final|double|float|long)$/i;

/** Names that the calling function uses before or on the line, those that fit the parameter first. */
function atHand(source: string, line: number, wanted: Parameter, taken: readonly string[]): readonly string[] {
  const lines = source.split("\n");
  let from = line - 1;
  const begins =
    /^\s*(?:export\s+|pub(?:\([^)]*\))?\s+|async\s+|public\s+|private\s+|protected\s+|static\s+)*(?:function|func|fn|def)\b|^\s+(?:public|private|protected)\s/;
  while (from > 0 && !begins.test(lines[from] ?? "")) from--;
  const text = lines
    .slice(from, line)
    .join("\n")
    .replaceAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, '""');
  const declared = [...text.matchAll(/(?<![.\w])([\p{L}_$][\p{L}\p{N}_$]*)(?!\s*[(!]|\w|::|\.\w)/gu)].map(
    ([, name = ""]) => name,
  );
  const names = [...new Set(declared)].filter(
    (name) => !WORDS.test(name) && !/^[A-Z]/.test(name) && !taken.includes(name),
  );
  const type = wanted.type?.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const typed = (name: string) =>
    type !== undefined && new RegExp(`\\b${name}\\??\\s*:?\\s*[&*]*${type}\\b|\\b${type}\\s+${name}\\b`).test(text);
  // Of `*cargo.Manifest` people call a value `manifest`.
  const called =
    wanted.type
      ?.split(/[^\p{L}\p{N}_]+/u)
      .at(-1)
      ?.toLowerCase() ?? wanted.name;
  const unlike = (name: string) => Math.min(distance(name, wanted.name), distance(name.toLowerCase(), called));
  const rank = (name: string) => (name === wanted.name ? 0 : 2) + (typed(name) ? 0 : 1) + unlike(name) / 100;
  return names.sort((a, b) => rank(a) - rank(b));
}
