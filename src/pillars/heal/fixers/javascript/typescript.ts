import { editLine, type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const TYPE_ONLY =
  /'([\w$]+)' is a type and must be imported using a type-only import|'([\w$]+)' (?:resolves to|is) a type(?:-only declaration)? and must be (?:re-exported|imported) using a type-only|Re-exporting a type when '\w+' is (?:set|enabled) requires using 'export type'/;

export const typeOnlyImport: Fixer = {
  name: "type-only-import",
  summary: "a type that has to be imported or exported with `type`",
  trust: 0.9,
  async propose(input) {
    const match = TYPE_ONLY.exec(textOf(input));
    const place = await placeOf(input);
    if (!match || !place) return [];
    const column = input.failure.place?.column;
    const source = ((await input.tree.read(place.file)) ?? "").split("\n")[place.line - 1] ?? "";
    const name = match[1] ?? match[2] ?? /^[\w$]+/.exec(source.slice((column ?? 1) - 1))?.[0];
    if (name === undefined) return [];
    const found = [];
    const inBraces = (line: string) => line.replace(wholeWord(name, "u"), `type ${name}`);
    const whole = (line: string) => line.replace(/^(\s*import)\s+(?!type\b)/, "$1 type ");
    // A default import, or the only name of the statement.
    const alone = new RegExp(`^\\s*import\\s+(?:${name}\\b|\\{\\s*${name}\\s*\\})`).test(source);
    for (const edit of alone ? [whole, inBraces] : [inBraces]) {
      found.push(
        ...proposals(`import ${name} as a type`, [await rewrite(input.tree, place.file, editLine(place.line, edit))]),
      );
    }
    return found;
  },
};

export const missingOverride: Fixer = {
  name: "missing-override",
  summary: "a method that overrides another without the word `override`",
  trust: 0.9,
  async propose(input) {
    const place = await placeOf(input);
    const column = input.failure.place?.column;
    if (!place || column === undefined || !/must have an 'override' modifier/.test(textOf(input))) return [];
    return proposals("say that the member overrides another", [
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, (line) => {
          const before = line.slice(0, column - 1);
          // `override` stands behind the words of access and `static`, before `readonly`, `async`, `get` and `set`.
          return /^\s*(?:(?:public|protected|private|static)\s+)*(?:(?:readonly|async|get|set|abstract)\s+)*\*?$/.test(
            before,
          )
            ? line.replace(/^(\s*(?:(?:public|protected|private|static)\s+)*)/, "$1override ")
            : undefined;
        }),
      ),
    ]);
  },
};

const LITERAL =
  /Type '"([^"]+)"' is not assignable to type [^\n]*?Did you mean '"([^"]+)"'\?|Argument of type '"([^"]+)"'[^\n]*?Did you mean '"([^"]+)"'\?/;

export const misspeltLiteral: Fixer = {
  name: "misspelt-literal",
  summary: "a misspelt string where TypeScript knows the allowed ones",
  trust: 0.9,
  async propose(input) {
    const match = LITERAL.exec(textOf(input));
    const place = await placeOf(input);
    const [from, to] = [match?.[1] ?? match?.[3], match?.[2] ?? match?.[4]];
    if (!place || from === undefined || to === undefined) return [];
    return proposals(`write "${to}" for "${from}"`, [
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, (line) => line.replaceAll(`"${from}"`, `"${to}"`).replaceAll(`'${from}'`, `'${to}'`)),
      ),
    ]);
  },
};

const IMPLICIT = /Parameter '([\w$]+)' implicitly has an 'any' type/;

/** The type is the one that every call in the file passes at that place: literals only, nothing is guessed. */
export const missingTypeAnnotation: Fixer = {
  name: "missing-type-annotation",
  summary: "a parameter of TypeScript without its type, where every call in the file passes a literal of one type",
  trust: 0.7,
  async propose(input) {
    const name = IMPLICIT.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    const column = input.failure.place?.column;
    if (name === undefined || !place || column === undefined) return [];
    const text = (await input.tree.read(place.file)) ?? "";
    const line = text.split("\n")[place.line - 1] ?? "";
    const called =
      /(?:function\s+([\w$]+)|(?:const|let)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function\b[^(]*)?)\s*\(([^()]*)$/.exec(
        line.slice(0, column - 1),
      );
    const fn = called?.[1] ?? called?.[2];
    if (fn === undefined || line.slice(column - 1, column - 1 + name.length) !== name) return [];
    const index = (called?.[3] ?? "").split(",").length - 1;
    const type = passedType(text, fn, index);
    if (type === undefined) return [];
    return proposals(`say that ${name} is a ${type}`, [
      await rewrite(
        input.tree,
        place.file,
        editLine(
          place.line,
          (old) => `${old.slice(0, column - 1)}${name}: ${type}${old.slice(column - 1 + name.length)}`,
        ),
      ),
    ]);
  },
};

function passedType(text: string, fn: string, index: number): string | undefined {
  const calls = [
    ...text.matchAll(new RegExp(`(?<!function\\s)(?<![\\w$.])${fn.replaceAll("$", "\\$")}\\(([^()]*)\\)`, "g")),
  ];
  const types = new Set(calls.map(([, list = ""]) => literalType(list.split(",")[index]?.trim() ?? "")));
  const [type] = types;
  return types.size === 1 ? type : undefined;
}

function literalType(text: string): string | undefined {
  if (/^(?:"[^"]*"|'[^']*'|`[^`]*`)$/.test(text)) return "string";
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return "number";
  return /^(?:true|false)$/.test(text) ? "boolean" : undefined;
}
