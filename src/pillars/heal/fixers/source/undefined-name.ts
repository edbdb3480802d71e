import { type FixerInput, textOf } from "../fixer.ts";

const NAME = "([\\p{L}_$][\\p{L}\\p{N}_$]*)";
const Q = "[`'\"]";

/** How engines, interpreters, compilers and linters of JavaScript, TypeScript and Python say that a name is unknown. */
const UNDEFINED = new RegExp(
  [
    `(?:ReferenceError: |^|\\s)${NAME} is not defined`,
    `Cannot find name ${Q}${NAME}${Q}`,
    `(?:[Nn]ame )?${Q}${NAME}${Q} is not defined`,
    `[Uu]ndefined (?:name|variable) ${Q}${NAME}${Q}`,
  ].join("|"),
  "u",
);

/** The name that a failure calls undefined. */
export function undefinedName(input: FixerInput): string | undefined {
  return UNDEFINED.exec(textOf(input))
    ?.slice(1)
    .find((group) => group !== undefined);
}
