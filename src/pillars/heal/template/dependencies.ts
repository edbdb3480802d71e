/** Files that say which packages a product is made of. */
export const MANIFEST =
  /(?:^|\/)(?:package\.json|pyproject\.toml|[\w-]*requirements[\w-]*\.txt|requirements\/[\w-]+\.txt|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?)$/;

/**
 * Whether a manifest asks for something that it did not ask for before: a name that is new, or a known one from another
 * place than a registry. Another version of a known package is none. Where the old or the new text does not say it, the
 * answer is yes.
 */
export function gainsDependency(path: string, before: string | undefined, after: string): boolean {
  const known = namesIn(path, before ?? "");
  const asked = namesIn(path, after);
  if (known === undefined || asked === undefined) return after !== (before ?? "");
  return [...asked].some((name) => !known.has(name));
}

/** What a manifest asks for; undefined for a text that could not be understood. */
function namesIn(path: string, text: string): ReadonlySet<string> | undefined {
  if (text.trim() === "") return new Set();
  if (path.endsWith("package.json")) return inPackageJson(text);
  if (path.endsWith("Cargo.toml")) return inCargo(text);
  if (path.endsWith("go.mod"))
    return all(text, /^\s*(?:(?:require|replace)\s+)?([\w.~-]+(?:\/[\w.~-]+)+)(?=\s)(?:.*=>\s*(\S+))?/gm);
  if (path.endsWith("pom.xml")) return all(text, /<groupId>\s*([^<\s]+)\s*<\/groupId>\s*<artifactId>\s*([^<\s]+)/g);
  if (/\.txt$/.test(path)) return all(text, /^\s*([A-Za-z][\w.-]*)[^\n@]*(@[^\n]*)?|^\s*(-[^\n]+|[^\s\w#][^\n]*)/gm);
  return undefined;
}

function all(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map((match) => match.slice(1).filter(Boolean).join(" ").toLowerCase()));
}

/** A range of versions or a tag; an address, a path or an alias is part of what is asked for. */
const PLAIN_RANGE = /^[\w\s.^~<>=|*+-]*$/;

function inPackageJson(text: string): ReadonlySet<string> | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const names = new Set<string>();
  for (const [section, value] of Object.entries(manifest)) {
    if (!/[dD]ependencies$|^overrides$|^resolutions$/.test(section) || typeof value !== "object" || value === null)
      continue;
    for (const [name, range] of Object.entries(value)) {
      names.add(typeof range === "string" && PLAIN_RANGE.test(range) ? name : `${name} ${JSON.stringify(range)}`);
    }
  }
  return names;
}

/** Names below `[dependencies]` and its like, with all but the version and the features. */
function inCargo(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  let section = "";
  for (const line of text.split("\n")) {
    section = /^\s*\[+([^\]]+)\]/.exec(line)?.[1]?.trim() ?? section;
    const table = /(?:^|\.)(?:dev-|build-)?dependencies(?:\.(.+))?$|^patch\./.exec(section);
    if (!table) continue;
    if (table[1] !== undefined) names.add(table[1]);
    const [, name, value = ""] = /^\s*([\w-]+)(?:\.workspace)?\s*=\s*(.*)$/.exec(line) ?? [];
    const source = [...value.matchAll(/\b(git|path|registry|package)\s*=\s*("[^"]*")/g)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    if (name !== undefined && (table[1] === undefined || /^(?:git|path|registry|package)$/.test(name)))
      names.add([name, ...source].join(" "));
  }
  return names;
}
