import { posix } from "node:path";
import type { FileChange } from "../../candidate.ts";
import { type Fixer, type FixerInput, proposals, rewrite, textOf } from "../fixer.ts";

const NO_PACKAGE = /No module named '([\w.]+)'; '([\w.]+)' is not a package|No module named '(\w+)\.[\w.]+'/;
const NOT_IMPORTABLE = /Start directory is not importable: '([^'\n]+)'/;
const MISMATCH =
  /import file mismatch:\s*imported module '[^'\n]*' has this __file__ attribute:\s*(\S+)\s*which is not the same as the test file we want to collect:\s*(\S+)/;

/** A folder without `__init__.py` gives way to any module of its name, is no start of unittest, and shares a name in pytest. */
export const missingInitPy: Fixer = {
  name: "missing-init-py",
  summary: "a Python package without its `__init__.py`",
  trust: 0.9,
  async propose(input) {
    const folders = await foldersMeant(input);
    const paths = await input.tree.paths();
    const missing = folders.filter(
      (folder) =>
        paths.some((path) => path.startsWith(`${folder}/`) && path.endsWith(".py")) &&
        !paths.includes(`${folder}/__init__.py`),
    );
    const changes: readonly FileChange[] = [...new Set(missing)].map((folder) => ({
      path: `${folder}/__init__.py`,
      before: undefined,
      after: "",
    }));
    return proposals(`make ${missing.join(" and ")} a package`, changes);
  },
};

async function foldersMeant(input: FixerInput): Promise<readonly string[]> {
  const text = textOf(input);
  const { tree } = input;
  const start = NOT_IMPORTABLE.exec(text)?.[1];
  if (start !== undefined) {
    const folder = start.startsWith(`${tree.root}/`) ? start.slice(tree.root.length + 1) : start.replace(/^\.\//, "");
    return posix.isAbsolute(folder) ? [] : ancestors(folder);
  }
  const mismatch = MISMATCH.exec(text);
  if (mismatch) {
    const files = await Promise.all([mismatch[1] ?? "", mismatch[2] ?? ""].map((path) => tree.locate(path)));
    return files.flatMap((file) => (file === undefined || posix.dirname(file) === "." ? [] : [posix.dirname(file)]));
  }
  const match = NO_PACKAGE.exec(text);
  const name = match?.[2] ?? match?.[3];
  return name === undefined ? [] : ancestors(name.replaceAll(".", "/"));
}

function ancestors(folder: string): readonly string[] {
  const parts = folder.split("/");
  return parts.map((_part, index) => parts.slice(0, index + 1).join("/"));
}

const NO_ARGUMENTS = /TypeError: (?:(\w+)\.)?(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given/;

export const pythonMissingSelf: Fixer = {
  name: "python-missing-self",
  summary: "a method of a Python class without its `self`",
  trust: 0.9,
  async propose(input) {
    const match = NO_ARGUMENTS.exec(textOf(input));
    if (!match || Number(match[4]) !== Number(match[3]) + 1) return [];
    const [, owner, method = ""] = match;
    const found = [];
    for (const path of (await input.tree.paths()).filter((one) => one.endsWith(".py"))) {
      const change = await rewrite(input.tree, path, (text) => withSelf(text, owner, method));
      found.push(...proposals(`give ${method} its self`, [change]));
    }
    // Two classes of one name: which was meant is not known.
    return found.length === 1 ? found : [];
  },
};

function withSelf(text: string, owner: string | undefined, method: string): string | undefined {
  const lines = text.split("\n");
  let current: string | undefined;
  const places: number[] = [];
  for (const [index, line] of lines.entries()) {
    const named = /^(\s*)class (\w+)/.exec(line);
    if (named) current = named[2];
    else if (/^\S/.test(line) && !/^[)#@]/.test(line)) current = undefined;
    const defined = /^\s+(?:async\s+)?def (\w+)\((?!\s*(?:self|cls)\b)/.exec(line);
    const plain = !/^\s*@(?:static|class)method/.test(lines[index - 1] ?? "");
    if (defined?.[1] === method && current !== undefined && (owner === undefined || owner === current) && plain)
      places.push(index);
  }
  const [place] = places;
  if (place === undefined || places.length > 1) return undefined;
  return lines
    .with(
      place,
      (lines[place] ?? "").replace(
        /def (\w+)\(\s*(\)?)/,
        (_all, name: string, end: string) => `def ${name}(self${end === "" ? ", " : ")"}`,
      ),
    )
    .join("\n");
}

const COOKIE = /(?:encoding problem|unknown encoding): ?([\w.-]+)?/;
const NOT_UTF8 =
  /Non-UTF-8 code starting with '\\x\w\w' in file (\S+) on line \d+|\(unicode error\) 'utf-8' codec can't decode byte[^\n]*\((\S+), line \d+\)/;
/** Reads a source as Windows-1252, of which Latin-1's letters are a part, and writes it as UTF-8. */
const TO_UTF8 =
  "import pathlib, sys; p = pathlib.Path(sys.argv[1]); p.write_bytes(p.read_bytes().decode('cp1252').encode('utf-8'))";

export const pythonEncoding: Fixer = {
  name: "python-encoding",
  summary: "a Python source that is not UTF-8, or that declares an encoding which does not exist",
  trust: 0.7,
  async propose(input) {
    const text = textOf(input);
    const { tree } = input;
    const match = NOT_UTF8.exec(text);
    const named = match?.[1] ?? match?.[2];
    const file = named === undefined ? undefined : await tree.locate(named);
    if (file?.endsWith(".py") && (await tree.read(file)) === undefined) {
      return [
        {
          summary: `write ${file} in UTF-8`,
          changes: [],
          commands: [{ command: "python3", args: ["-c", TO_UTF8, file], network: "none" }],
        },
      ];
    }
    const declared = COOKIE.exec(text);
    if (!declared) return [];
    const found = [];
    for (const path of (await tree.paths()).filter((one) => one.endsWith(".py"))) {
      // The file is UTF-8, else the tree would not give its text; the declaration alone is wrong.
      const change = await rewrite(tree, path, (source) =>
        source.replace(/^((?:#!.*\n)?[ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)/, (all, before: string, name: string) =>
          name === declared[1] ? `${before}utf-8` : all,
        ),
      );
      found.push(...proposals("declare the encoding that the file has", [change]));
    }
    return found;
  },
};

const ANNOTATE = /Need type annotation for "(\w+)" \(hint: "\1: (\w+)\[[^"]*\] = \.\.\."\)/;

/** mypy names the container; what is in it is taken from the literals that the file puts in. */
export const pythonTypeAnnotation: Fixer = {
  name: "python-type-annotation",
  summary: "a Python container without the annotation that mypy wants, where the file's own literals say what it holds",
  trust: 0.9,
  async propose(input) {
    const { failure, tree } = input;
    const match = ANNOTATE.exec(textOf(input));
    const file = failure.place === undefined ? undefined : await tree.locate(failure.place.file);
    const line = failure.place?.line;
    if (!match || file === undefined || line === undefined) return [];
    const [, name = "", container = ""] = match;
    const text = (await tree.read(file)) ?? "";
    const type = containerType(text, name, container.toLowerCase());
    if (type === undefined) return [];
    return proposals(`annotate ${name} as ${type}`, [
      await rewrite(tree, file, (source) => {
        const lines = source.split("\n");
        const old = lines[line - 1] ?? "";
        return lines.with(line - 1, old.replace(new RegExp(`^(\\s*${name})(\\s*=)`), `$1: ${type}$2`)).join("\n");
      }),
    ]);
  },
};

const LITERAL = String.raw`([rbuf]?"[^"]*"|[rbuf]?'[^']*'|-?\d+\.\d+|-?\d+|True|False)`;

function containerType(text: string, name: string, container: string): string | undefined {
  if (container === "dict") {
    const [key, value] = [
      typeOf([...text.matchAll(new RegExp(`\\b${name}\\[${LITERAL}\\]`, "g"))].map((match) => match[1] ?? "")),
      typeOf(
        [...text.matchAll(new RegExp(`\\b${name}\\[[^\\]]+\\]\\s*=\\s*${LITERAL}\\s*$`, "gm"))].map(
          (match) => match[1] ?? "",
        ),
      ),
    ];
    return key === undefined || value === undefined ? undefined : `dict[${key}, ${value}]`;
  }
  if (container !== "list" && container !== "set") return undefined;
  const put = typeOf(
    [...text.matchAll(new RegExp(`\\b${name}\\.(?:append|add)\\(${LITERAL}\\)`, "g"))].map((match) => match[1] ?? ""),
  );
  return put === undefined ? undefined : `${container}[${put}]`;
}

/** The one type that all literals have. */
function typeOf(literals: readonly string[]): string | undefined {
  const types = new Set(
    literals.map((literal) => {
      if (/^b["']/.test(literal)) return "bytes";
      if (/["']$/.test(literal)) return "str";
      if (/^(?:True|False)$/.test(literal)) return "bool";
      return literal.includes(".") ? "float" : "int";
    }),
  );
  return types.size === 1 ? [...types][0] : undefined;
}
