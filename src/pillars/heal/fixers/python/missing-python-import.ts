import { importsStart } from "../../template/imports-start.ts";
import { PYTHON_MODULES } from "../../template/vocabulary.ts";
import { type Fixer, placeOf, proposals, rewrite } from "../fixer.ts";
import { undefinedName } from "../source/undefined-name.ts";

/** Names that people use unqualified, and the module of the standard library each comes from. */
const FROM: Readonly<Record<string, string>> = {
  Path: "pathlib",
  PurePath: "pathlib",
  dataclass: "dataclasses",
  field: "dataclasses",
  defaultdict: "collections",
  OrderedDict: "collections",
  Counter: "collections",
  deque: "collections",
  namedtuple: "collections",
  datetime: "datetime",
  timedelta: "datetime",
  timezone: "datetime",
  Decimal: "decimal",
  Fraction: "fractions",
  Enum: "enum",
  IntEnum: "enum",
  StrEnum: "enum",
  auto: "enum",
  partial: "functools",
  reduce: "functools",
  wraps: "functools",
  lru_cache: "functools",
  cached_property: "functools",
  contextmanager: "contextlib",
  suppress: "contextlib",
  ABC: "abc",
  abstractmethod: "abc",
  chain: "itertools",
  product: "itertools",
  Any: "typing",
  Optional: "typing",
  Union: "typing",
  Callable: "collections.abc",
  Iterable: "collections.abc",
  Iterator: "collections.abc",
  Mapping: "collections.abc",
  Sequence: "collections.abc",
  Protocol: "typing",
  TypeVar: "typing",
  Generic: "typing",
  NamedTuple: "typing",
  Literal: "typing",
  TYPE_CHECKING: "typing",
  Thread: "threading",
  Lock: "threading",
  uuid4: "uuid",
  UUID: "uuid",
  sleep: "time",
  sqrt: "math",
  ceil: "math",
  floor: "math",
};

export const missingPythonImport: Fixer = {
  name: "missing-python-import",
  summary: "a name of Python's standard library used without its import",
  trust: 0.9,
  async propose(input) {
    const name = undefinedName(input);
    const place = await placeOf(input);
    if (name === undefined || !place?.file.endsWith(".py")) return [];
    const text = (await input.tree.read(place.file)) ?? "";
    const used = new RegExp(`\\b${name}\\s*\\.\\s*\\w`).test(text);
    const statements = [
      // `datetime.now()` is the class, `datetime.datetime` the module: the use decides, the verification confirms.
      ...(PYTHON_MODULES.has(name) && used ? [`import ${name}`] : []),
      ...(FROM[name] ? [`from ${FROM[name]} import ${name}`] : []),
    ];
    const changes = await Promise.all(
      statements.map((statement) => rewrite(input.tree, place.file, (source) => withImport(source, statement))),
    );
    return changes.flatMap((change, index) => proposals(statements[index] ?? "", [change]));
  },
};

/**
 * The source with one import more, and a blank line behind it where code would follow.
 *
 * @param place the line that it goes before, from 0; where imports begin without it
 */
export function withImport(
  source: string,
  statement: string,
  place: (lines: readonly string[]) => number = importsStart,
): string {
  const end = source.includes("\r\n") ? "\r\n" : "\n";
  const lines = source.split(/\r?\n/);
  const at = place(lines);
  const next = lines[at] ?? "";
  const lone = next.trim() !== "" && !/^(?:import|from)\b/.test(next);
  lines.splice(at, 0, statement, ...(lone ? [""] : []));
  return lines.join(end);
}
