import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import * as z from "zod";
import { type Diagnostic, fail, type Outcome, problem, type SourcePlace, succeed } from "./diagnostic.ts";
import { didYouMean } from "./suggest.ts";

/** A value that was read from a file, and where each part of it stands there. */
export interface Located<T> {
  readonly value: T;
  /** The place of the value at a path of keys and indices; of its nearest parent where the path itself is absent. */
  place(path: readonly (string | number)[]): SourcePlace;
}

/** Larger documents are refused: no policy or spec is that long, and a parser should not be a way to fill memory. */
export const MAX_YAML_BYTES = 1024 * 1024;

/** After that many the rest follows from the first ones. */
const MOST_SYNTAX_ERRORS = 20;

export interface YamlOptions {
  /** Path shown in diagnostics. */
  readonly file: string;
  /** Prefix of the diagnostic codes: `constitution`, `config`, `spec`, `fleet`. */
  readonly codes: string;
  /** Line of the file on which the text begins, from 1 (front matter begins on line 2). */
  readonly firstLine?: number;
  readonly commit?: string;
}

/**
 * Parses YAML 1.2 and checks it against a schema; all problems come together, each with line, column, caret and, for
 * an unknown key or a wrong choice, what was probably meant. Duplicate keys, alias bombs, documents over 1 MiB and
 * what is no UTF-8 are refused.
 */
export function readYaml<S extends z.ZodType>(
  text: string,
  schema: S,
  options: YamlOptions,
): Outcome<Located<z.infer<S>>> {
  const at = (place: Omit<SourcePlace, "file" | "commit">): SourcePlace => ({
    file: options.file,
    ...(options.commit ? { commit: options.commit } : {}),
    ...place,
  });
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    const size = `${(Buffer.byteLength(text) / 1024 / 1024).toFixed(1)} MiB`;
    return fail(
      problem("config", `${options.codes}.too_large`, `the file has ${size}; the limit is 1 MiB`, { where: at({}) }),
    );
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const lines = text.split(/\r?\n/);
  const shift = (options.firstLine ?? 1) - 1;
  const placeOfRange = (start: number, end: number): SourcePlace => {
    const { line, col } = counter.linePos(start);
    const stop = counter.linePos(Math.max(start, end));
    const width = lines[line - 1]?.length ?? 0;
    const endColumn = stop.line === line ? Math.max(stop.col, col + 1) : Math.max(width + 1, col + 1);
    const first = Math.max(1, line - 1);
    return at({
      line: line + shift,
      column: col,
      endColumn,
      excerpt: { firstLine: first + shift, lines: lines.slice(first - 1, line + 1) },
    });
  };
  const lost = text.indexOf("\uFFFD");
  if (lost >= 0) {
    return fail(
      problem("config", `${options.codes}.not_utf8`, "this is no UTF-8 text", {
        where: placeOfRange(lost, lost + 1),
        next: "save the file as UTF-8",
      }),
    );
  }
  // The parser calls itself for each level; what a text of a thousand brackets does to it is one problem, not a thousand.
  if (document.errors.some(({ message }) => message.includes("call stack"))) {
    return fail(
      problem("config", `${options.codes}.too_deep`, "lists and mappings are nested too deeply", {
        where: at({ line: 1 + shift }),
      }),
    );
  }
  if (document.errors.length > 0) {
    return fail(
      ...document.errors.slice(0, MOST_SYNTAX_ERRORS).map((error) =>
        problem("config", `${options.codes}.yaml`, syntaxWords(error, text), {
          where: placeOfRange(error.pos[0], error.pos[1]),
        }),
      ),
    );
  }
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(problem("config", `${options.codes}.yaml`, message, { where: at({ line: 1 + shift }) }));
  }
  const place = (path: readonly (string | number)[]): SourcePlace => {
    const node = nearest(document.contents, path);
    return node?.range ? placeOfRange(node.range[0], node.range[1]) : at({ line: 1 + shift });
  };
  const checked = schema.safeParse(plain ?? {});
  if (checked.success) return succeed({ value: checked.data, place });
  const found = flatten(checked.error.issues).flatMap((issue) =>
    describe(issue, schema, document.contents, plain, place, placeOfRange, options),
  );
  const position = ({ where }: Diagnostic) => (where?.line ?? 0) * 100_000 + (where?.column ?? 0);
  return fail(...found.sort((a, b) => position(a) - position(b)));
}

function syntaxWords({ code, message, pos }: YAMLError, text: string): string {
  if (code === "DUPLICATE_KEY") return `the key ${/^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? ""} stands twice here`;
  return message.split("\n")[0] ?? message;
}

type Issue = z.core.$ZodIssue;

/**
 * A union's issues are those of the branch that the author most likely meant: a branch of the right type beats one of
 * another type, then the one whose deepest issue is deepest. When no branch has the right type, all types are named.
 */
function flatten(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const branches = issue.errors.map((branch) => flatten(branch, path));
      const ofOtherType = (branch: Issue[]) =>
        branch.length === 1 && branch[0]?.code === "invalid_type" && branch[0].path.length === path.length;
      const meant = branches.filter((branch) => !ofOtherType(branch));
      const depth = (branch: Issue[]) => Math.max(0, ...branch.map((inner) => inner.path.length));
      if (meant.length > 0) return meant.reduce((a, b) => (depth(b) > depth(a) ? b : a));
      const types = branches.flatMap((branch) =>
        branch.map((inner) => (inner.code === "invalid_type" ? typeWord(inner.expected) : "")),
      );
      return [{ ...issue, code: "invalid_type", expected: [...new Set(types)].join(" or "), path } as unknown as Issue];
    }
    return [{ ...issue, path: path as PropertyKey[] }];
  });
}

function describe(
  issue: Issue,
  schema: z.ZodType,
  root: Node | null,
  plain: unknown,
  place: (path: readonly (string | number)[]) => SourcePlace,
  placeOfRange: (start: number, end: number) => SourcePlace,
  options: YamlOptions,
): Diagnostic[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  const shown = path.join(".") || "the document";
  const value = valueAt(plain, path);
  const make = (code: string, message: string, where: SourcePlace, next?: string) =>
    problem("config", `${options.codes}.${code}`, message, { where, ...(next ? { next } : {}) });
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path);
      return issue.keys.map((key) => {
        const meant = didYouMean(key, known);
        const where = keyPlace(root, [...path, key], placeOfRange) ?? place(path);
        const next = meant
          ? `did you mean ${meant}?`
          : known.length > 0
            ? `known here: ${known.join(", ")}`
            : undefined;
        return make(
          "unknown_key",
          `unknown key ${key}${meant ? `; did you mean ${meant}?` : ""}`,
          where,
          meant ? undefined : next,
        );
      });
    }
    case "invalid_type":
      if (value === undefined)
        return [make("missing", `${shown} is missing (${typeWord(issue.expected)})`, place(path.slice(0, -1)))];
      return [make("wrong_type", `expected ${typeWord(issue.expected)}, found ${found(value)}`, place(path))];
    case "invalid_value": {
      const choices = issue.values.map(String);
      if (value === undefined) {
        const wanted = choices.length > 1 ? `one of ${choices.join(", ")}` : `expected ${choices.join()}`;
        return [make("missing", `${shown} is missing: ${wanted}`, place(path.slice(0, -1)))];
      }
      const meant = didYouMean(String(value), choices);
      const tail = meant
        ? `; did you mean ${meant}?`
        : `: expected ${choices.length > 1 ? "one of " : ""}${choices.join(", ")}`;
      return [make("wrong_value", `${shown} cannot be ${found(value)}${tail}`, place(path))];
    }
    case "invalid_key":
      return [
        make(
          "wrong_key",
          `${shown}: ${issue.issues[0]?.message ?? issue.message}`,
          keyPlace(root, path, placeOfRange) ?? place(path),
        ),
      ];
    default:
      return [make("invalid", `${shown}: ${lowerFirst(issue.message)}`, place(path))];
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function typeWord(type: string): string {
  const words: Record<string, string> = {
    boolean: "true or false",
    string: "a text",
    number: "a number",
    int: "a whole number",
    array: "a list",
    object: "a mapping",
    record: "a mapping",
  };
  return words[type] ?? type;
}

function found(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return `${value}`;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

function nearest(root: Node | null, path: readonly (string | number)[]): Node | null {
  let current: Node | null = root;
  for (const part of path) {
    if (!current || !("get" in current) || typeof current.get !== "function") break;
    const next: unknown = current.get(part, true);
    if (!isNode(next)) break;
    current = next;
  }
  return current;
}

function keyPlace(
  root: Node | null,
  path: readonly (string | number)[],
  placeOfRange: (start: number, end: number) => SourcePlace,
): SourcePlace | undefined {
  const parent = nearest(root, path.slice(0, -1));
  if (!isMap(parent)) return undefined;
  const wanted = String(path.at(-1));
  for (const pair of parent.items) {
    if (isScalar(pair.key) && String(pair.key.value) === wanted && pair.key.range) {
      return placeOfRange(pair.key.range[0], pair.key.range[1]);
    }
  }
  return undefined;
}

/** Keys that a schema knows at a path; empty where any key may stand. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let current = alternatives(schema);
  for (const part of path) current = current.flatMap((one) => alternatives(memberOf(one, part)));
  return [...new Set(current.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])))];
}

/** The schemas that a value may follow: the branches of a union, else the schema itself. */
function alternatives(schema: z.ZodType | undefined): z.ZodType[] {
  const plain = unwrap(schema);
  if (plain instanceof z.ZodUnion) return plain.options.flatMap((option) => alternatives(option as z.ZodType));
  return plain ? [plain] : [];
}

function memberOf(schema: z.ZodType, part: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[part] as z.ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return undefined;
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let current = schema;
  for (;;) {
    if (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodNullable ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodPrefault ||
      current instanceof z.ZodLazy
    ) {
      current = current.unwrap() as z.ZodType;
    } else if (current instanceof z.ZodPipe) {
      current = current.in as z.ZodType;
    } else {
      return current;
    }
  }
}
