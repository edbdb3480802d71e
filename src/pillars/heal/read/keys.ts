import { createHash } from "node:crypto";
import type { Draft } from "./reader.ts";

/**
 * The two keys of a failure. Both are hashes over masked text: what changes from run to run (times, numbers, hosts,
 * temporary folders) is out of both; what belongs to a product (names, paths, identifiers) is out of `pattern`.
 */

const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>)\]]+/gi, "<url>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(?:sha(?:1|256|512)[:-])?(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b/gi, "<id>"],
  [/\bsha512-[A-Za-z0-9+/=]{20,}/g, "<id>"],
  [/\b0x[0-9a-f]+\b/gi, "<n>"],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?/g, "<time>"],
  [/\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?\b/g, "<time>"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "<host>"],
  [/@[0-9a-f]{5,8}\b/g, "@<id>"],
  [/\$\$[\w$]+/g, "<id>"],
  [/\b\d+(?:\.\d+)*(?:[-.](?:SNAPSHOT|RELEASE|Final|alpha|beta|rc|pre|post|dev)[\w.-]*)?/g, "<n>"],
];
const ABSOLUTE = /(?<![\w.<])(?:[A-Za-z]:)?(?:[\\/][\w.@+~<>$-]+){2,}[\\/]?/g;

/** Text with all that changes between two runs of the same failing build replaced. Absolute paths keep two segments. */
export function maskVolatile(text: string): string {
  let masked = text;
  for (const [pattern, name] of VOLATILE) masked = masked.replace(pattern, name);
  return masked
    .replace(ABSOLUTE, (path) => `<dir>/${path.split(/[\\/]/).filter(Boolean).slice(-2).join("/")}`)
    .replace(/\s+/g, " ")
    .trim();
}

/** Words of languages and their standard surroundings: they name the cause, not a product. */
const VOCABULARY = new Set(
  (
    "assert with await async import export default require module exports const let var function class new this super return yield static enum interface type " +
    "undefined null true false NaN if else for while do switch case break continue try catch finally throw typeof instanceof in of delete void " +
    "def lambda pass raise except from global nonlocal None True False self print elif not and or is " +
    "fn mut pub use mod crate impl trait struct match where ref move unsafe dyn unwrap " +
    "package func go defer chan map range select nil string int int64 float64 bool byte error any interface{} " +
    "public private protected final abstract extends implements throws package void boolean char long double String Object List Map Set Integer Optional " +
    "i32 i64 u8 u32 u64 usize f64 str Vec Option Result Some Ok Err Box HashMap " +
    "number boolean object symbol bigint Promise Array Date RegExp Error JSON Math process console Buffer window document describe it test expect jest vi " +
    "dict list tuple set str bytes float int len open input sys os json re typing pytest numpy pandas self.assertEquals assertEquals " +
    "main end eof EOF indent dedent ; { } ( ) [ ] , : . = => -> ' \""
  ).split(" "),
);

const QUOTED = /'([^'\n]{0,200})'|"([^"\n]{0,200})"|`([^`\n]{0,200})`|‘([^’\n]{0,200})’|“([^”\n]{0,200})”/g;
const PATHLIKE =
  /(?<![\w<])[\w.@~-]*(?:[\\/][\w.@~<>-]+)+|\b[\w-]+\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|c|cc|cpp|h|hpp|json|ya?ml|toml|xml|md|txt|css|html|tf|sh|lock|mod)\b/g;
/** A name somebody chose: several humps, an underscore inside, dots of a qualified name, or digits. */
const CHOSEN =
  /\b(?:[A-Za-z$]+_[\w$]*|[a-z]+[A-Z][\w$]*|[A-Z][a-z0-9]+[A-Z][\w$]*|[a-z][\w$]*(?:\.[A-Za-z_$][\w$]*)+|[A-Za-z]+<n>\w*)\b/g;
/** Where V8's messages hold a name without quotes: `rates is not iterable`, `Class constructor Money cannot be invoked`. */
const ENGINE_NAME =
  /(?<![\w$.])[\w$]+(?:\.[\w$]+)*(?= is not (?:defined|iterable|a function|a constructor)\b)|(?<=\bClass constructor )[\w$]+/g;

/** Text with all that a product chose replaced; words of the languages themselves stay. */
export function maskProduct(text: string, product: string | undefined): string {
  let masked = maskVolatile(text).replace(QUOTED, (_all, ...groups: (string | undefined)[]) => {
    const inner = groups.slice(0, 5).find((group) => group !== undefined) ?? "";
    return VOCABULARY.has(inner) ? `'${inner}'` : "<name>";
  });
  masked = masked
    .replace(ENGINE_NAME, (word) => (VOCABULARY.has(word) ? word : "<name>"))
    .replace(PATHLIKE, "<path>")
    .replace(CHOSEN, (word) => (VOCABULARY.has(word) || ERROR_NAME.test(word) ? word : "<name>"));
  if (product) masked = masked.replaceAll(product, "<name>");
  return masked.replace(/(?:<name>[\s,.]*){2,}/g, "<name> ");
}
const ERROR_NAME = /^(?:[a-z]+\.)*[A-Z]\w*(?:Error|Exception|Warning|Failure)$/;

export function occurrenceKey(
  draft: Draft,
  scope: { product?: string | undefined; stage?: string | undefined },
): string {
  return digest([
    scope.product ?? "",
    scope.stage ?? "",
    draft.category,
    draft.tool,
    maskVolatile(draft.place?.file ?? ""),
    maskVolatile(draft.test ?? ""),
    maskVolatile(draft.gist ?? draft.message),
  ]).slice(0, 16);
}

export function patternKey(draft: Draft, product: string | undefined): string {
  const key = draft.key ?? draft.captures?.rule ?? "";
  const cause = product !== undefined && key.includes(product) ? key.replaceAll(product, "<name>") : key;
  return `${draft.tool}:${draft.category}:${digest([cause, maskProduct(draft.gist ?? draft.message, product)]).slice(0, 12)}`;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
