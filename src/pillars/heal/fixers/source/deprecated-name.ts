import { editLine, type Fixer, type FixerInput, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const Q = "[`'\"‘’]?";
const NAME = "([A-Za-z_$][\\w$]*(?:(?:\\.|::)[\\w$]+)*)(?:\\(\\))?!?";

/** How tools say that a name is deprecated and which takes its place; the old one first. */
const SAID: readonly RegExp[] = [
  `(?:The )?${Q}${NAME}${Q} (?:method|function|attribute|property|class|module|argument|alias)? ?(?:is|was|has been) deprecated[^\\n]*?[,;.:(] ?(?:[Pp]lease )?[Uu]se ${Q}${NAME}${Q}`,
  `use of deprecated [a-z ]+${Q}${NAME}${Q}: (?:please )?use ${Q}${NAME}${Q}`,
  `${Q}${NAME}${Q} is deprecated: (?:please )?use ${Q}${NAME}${Q}`,
  `${Q}${NAME}${Q} (?:is|has been) (?:deprecated and )?renamed to ${Q}${NAME}${Q}`,
  `\\[DEP\\d+\\] DeprecationWarning: ${Q}${NAME}${Q} is deprecated[^\\n]*?[Uu]se ${Q}${NAME}${Q}`,
].map((source) => new RegExp(source));

/** Words of the sentence itself, never what takes a name's place. */
const NOT_NAMES = /^(?:the|a|an|it|of|this|that|instead|another|other|at|in|to)$/i;

export const deprecatedName: Fixer = {
  name: "deprecated-name",
  summary: "a deprecated name where the warning, which the build takes for an error, says what to use instead",
  trust: 0.9,
  async propose(input) {
    const place = await placeOf(input);
    const named = namesIn(input);
    if (!place || !named) return [];
    const [old, now] = named;
    // `logging.warn` may be told of as `warn`: the last part is what the source is sure to hold.
    const from = old.split(/\.|::/).at(-1) ?? old;
    const to = now.split(/\.|::/).at(-1) ?? now;
    const pairs = new Map([
      [old, now],
      [from, to],
      [from, now],
    ]);
    const found = [];
    for (const [before, after] of pairs) {
      found.push(
        ...proposals(`use ${after} for the deprecated ${before}`, [
          await rewrite(
            input.tree,
            place.file,
            editLine(place.line, (line) => line.replace(wholeWord(before), after)),
          ),
        ]),
      );
    }
    return found;
  },
};

function namesIn(input: FixerInput): readonly [old: string, now: string] | undefined {
  const text = textOf(input);
  for (const pattern of SAID) {
    const [, old, now] = pattern.exec(text) ?? [];
    if (old === undefined || now === undefined || old === now) continue;
    if (!NOT_NAMES.test(old) && !NOT_NAMES.test(now)) return [old, now];
  }
  return undefined;
}
