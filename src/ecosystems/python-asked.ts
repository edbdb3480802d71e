import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Asked } from "./asked-reader.ts";
import { normalizedName } from "./pep440.ts";
import { readTomlSpans, type TomlPath } from "./toml-spans.ts";

/** A requirement of PEP 508, as far as names and versions go. */
const REQUIREMENT =
  /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*\(?((?:[=<>~!]=?=?\s*[^\s;,()#]+\s*,?\s*)*)\)?\s*(?:;|#|\\|--|$)/;

/** What pyproject.toml and files of requirements ask for, and what uv.lock and poetry.lock hold. Names are normalized. */
export function askedOfPython(
  file: string,
  text: string,
  wanted: (name: string) => boolean,
): Outcome<readonly Asked[]> {
  if (/\.(?:txt|in)$/.test(file)) return succeed(fromRequirements(file, text, wanted));
  const read = readTomlSpans(text, file);
  if (!read.ok) return read;
  const spans = read.value;
  const asked: Asked[] = [];
  const note = (name: string, range: string, line: number, locked: boolean) => {
    const normal = normalizedName(name);
    if (wanted(normal)) asked.push({ ecosystem: "pypi", name: normal, range, file, line, locked });
  };
  if (file.endsWith(".lock")) {
    for (let at = 0; at < spans.count(["package"]); at++) {
      const name = spans.string(["package", at, "name"])?.value;
      const version = spans.string(["package", at, "version"]);
      if (name !== undefined && version) note(name, version.value, version.line, true);
    }
    return succeed(asked);
  }
  for (const { path, string } of spans.strings) {
    const poetry = poetryName(path);
    if (poetry !== undefined) note(poetry, string.value, string.line, false);
    else if (holdsRequirements(path)) {
      const one = requirement(string.value);
      if (one) note(one.name, one.range, string.line, false);
    }
  }
  return succeed(asked);
}

function holdsRequirements(path: TomlPath): boolean {
  const [first, second] = path;
  if (typeof path.at(-1) !== "number") return false;
  if (first === "project") return second === "dependencies" || second === "optional-dependencies";
  return first === "dependency-groups" || (first === "build-system" && second === "requires");
}

/** `[tool.poetry.dependencies] x = "^1"`, groups, and `x = { version = "^1" }`; python itself is no package. */
function poetryName(path: TomlPath): string | undefined {
  if (path[0] !== "tool" || path[1] !== "poetry") return undefined;
  const at = path.findIndex((part) => part === "dependencies" || part === "dev-dependencies");
  const rest = path.length - at;
  const name = at >= 2 && (rest === 2 || (rest === 3 && path.at(-1) === "version")) ? String(path[at + 1]) : undefined;
  return name === "python" ? undefined : name;
}

function fromRequirements(file: string, text: string, wanted: (name: string) => boolean): Asked[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const one = requirement(line.trim());
    if (!one || !wanted(normalizedName(one.name))) return [];
    return [
      { ecosystem: "pypi", name: normalizedName(one.name), range: one.range, file, line: index + 1, locked: false },
    ];
  });
}

/** `requests[socks] >= 2, < 3 ; python_version > "3"` → requests, `>=2,<3`; without a specifier any version. */
function requirement(text: string): { readonly name: string; readonly range: string } | undefined {
  const match = REQUIREMENT.exec(text);
  if (!match) return undefined;
  return { name: match[1]!, range: match[2]!.replace(/\s+/g, "").replace(/,$/, "") || "*" };
}
