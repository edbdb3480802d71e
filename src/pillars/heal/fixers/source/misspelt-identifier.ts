import { distance } from "fastest-levenshtein";
import { didYouMean } from "../../../../core/suggest.ts";
import { namesInScope } from "../../template/scope.ts";
import { editLine, type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const Q = "[`'\"‘’]";
const NAME = "([\\p{L}_$][\\p{L}\\p{N}_$]*)";

/** What compilers and interpreters say of an unknown name, with the name, and the suggestion where they make one. */
const UNKNOWN: readonly RegExp[] = [
  `${NAME} is not defined`,
  `name ${Q}${NAME}${Q} is not defined`,
  `Cannot find name ${Q}${NAME}${Q}`,
  `Property ${Q}${NAME}${Q} does not exist`,
  `has no attribute ${Q}${NAME}${Q}`,
  `undefined: (?:\\w+\\.)?${NAME}`,
  `cannot find (?:value|function|type|macro|struct, variant or union type|method|trait|attribute)[^\`]*${Q}${NAME}!?${Q}`,
  `no (?:method|field|function or associated item|associated item|variant(?: or associated item)?)[^\`]* named ${Q}${NAME}${Q}`,
  `${Q}${NAME}${Q} undeclared`,
  `implicit declaration of function ${Q}${NAME}${Q}`,
  `unknown type name ${Q}${NAME}${Q}`,
  `has no member named ${Q}${NAME}${Q}`,
  `${Q}${NAME}${Q} was not declared in this scope`,
  `use of undeclared identifier ${Q}${NAME}${Q}`,
  `symbol:\\s+(?:variable|method|class) ${NAME}`,
  `Undefined name ${Q}${NAME}${Q}`,
  `Name ${Q}${NAME}${Q} is not defined`,
  `got an unexpected keyword argument ${Q}${NAME}${Q}`,
  `\\.${NAME} is not a function`,
  `fixture ${Q}${NAME}${Q} not found`,
  `\\.${NAME} undefined \\(type`,
].map((source) => new RegExp(source, "u"));

const SUGGESTED: readonly RegExp[] = [
  `[Dd]id you mean:? (?:the static member |the instance member )?${Q}(?:\\w+\\.)*${NAME}${Q}`,
  `did you mean ${Q}${NAME}${Q}`,
  `; maybe ${Q}${NAME}${Q}`,
  `but does have (?:field|method) ${NAME}`,
  `with a similar name(?: exists)?:? ${Q}${NAME}${Q}`,
].map((source) => new RegExp(source, "u"));

/** tsc of a word that begins no statement; it suggests the keyword, and the place is the word's. */
const KEYWORD = /Unknown keyword or identifier\. Did you mean '([a-z ]+)'\?/;

export const misspeltKeyword: Fixer = {
  name: "misspelt-keyword",
  summary: "a misspelt keyword of TypeScript, by tsc's own suggestion",
  trust: 0.9,
  async propose(input) {
    const meant = KEYWORD.exec(textOf(input))?.[1];
    const place = await placeOf(input);
    const column = input.failure.place?.column;
    if (meant === undefined || !place || column === undefined) return [];
    const change = await rewrite(
      input.tree,
      place.file,
      editLine(
        place.line,
        (line) => line.slice(0, column - 1) + line.slice(column - 1).replace(/^[\p{L}\p{N}_$]+/u, meant),
      ),
    );
    return proposals(`write ${meant}`, [change]);
  },
};

/** Names tried for a word that no tool and no single likeness explains. */
const MOST_NEAR = 3;

/**
 * Names within two letters, most alike first, capitals counted. A hint for people must be surer than an edit that is
 * proven: here a tie, and two slips in a short word, may be tried.
 */
function nearNames(word: string, names: readonly string[]): readonly string[] {
  const near = [...new Set(names)].filter((name) => name !== word && name.length > 3 && distance(name, word) <= 2);
  return near.sort((a, b) => distance(a, word) - distance(b, word)).slice(0, MOST_NEAR);
}

export const misspeltIdentifier: Fixer = {
  name: "misspelt-identifier",
  summary: "a misspelt variable, function, property, type, argument or fixture, by the tool's or the file's own names",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place) return [];
    const source = await input.tree.read(place.file);
    if (source === undefined) return [];
    const proposed = [];
    const seen = new Set<string>();
    for (const pattern of UNKNOWN) {
      const name = pattern.exec(text)?.[1];
      if (name === undefined || seen.has(name) || !wholeWord(name).test(source)) continue;
      seen.add(name);
      const suggested = SUGGESTED.map((suggestion) => suggestion.exec(text)?.[1]).find((word) => word !== undefined);
      const scope = await namesInScope(input.tree, place.file);
      const fixtures = /available fixtures: ([^\n]+)/.exec(text)?.[1]?.split(/,\s*/) ?? [];
      const names = fixtures.length > 0 ? fixtures : scope;
      const sure = suggested ?? didYouMean(name, names);
      for (const meant of sure === undefined ? nearNames(name, names) : [sure]) {
        if (meant === name) continue;
        const summary = `write ${meant} for ${name}`;
        proposed.push(
          ...proposals(summary, [
            await rewrite(
              input.tree,
              place.file,
              editLine(place.line, (line) => line.replace(wholeWord(name), meant)),
            ),
          ]),
          ...proposals(`${summary}, everywhere in the file`, [
            await rewrite(input.tree, place.file, (whole) => whole.replace(wholeWord(name), meant)),
          ]),
        );
      }
    }
    return proposed;
  },
};
