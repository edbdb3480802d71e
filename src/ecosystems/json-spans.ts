import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { lineColumn } from "./text-edit.ts";

/** A JSON document with the places of its values. */
export interface JsonSpans {
  readonly value: unknown;
  /** The string at a path and its span, quotes included; undefined when there is none. */
  string(path: readonly (string | number)[]): { value: string; start: number; end: number } | undefined;
  /** The keys of the object at a path. */
  keys(path: readonly (string | number)[]): string[];
}

/** Parses strict JSON (a byte order mark is let pass, as npm does), keeping where each value stands. */
export function readJsonSpans(text: string, file: string): Outcome<JsonSpans> {
  const errors: ParseError[] = [];
  // npm strips a byte order mark; a space in its place keeps all offsets.
  const plain = text.startsWith("\ufeff") ? ` ${text.slice(1)}` : text;
  const root = parseTree(plain, errors, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  });
  const error = errors[0];
  if (error || !root) {
    const where = { file, ...lineColumn(text, error?.offset ?? 0) };
    const reason = error
      ? printParseErrorCode(error.error)
          .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
          .toLowerCase()
      : "it is empty";
    return fail(problem("product", "manifest.json", `${file} is not valid JSON: ${reason}`, { where }));
  }
  const at = (path: readonly (string | number)[]): Node | undefined =>
    path.length === 0 ? root : findNodeAtLocation(root, [...path]);
  return succeed({
    value: JSON.parse(plain) as unknown,
    string(path) {
      const node = at(path);
      if (node?.type !== "string") return undefined;
      return { value: node.value as string, start: node.offset, end: node.offset + node.length };
    },
    keys(path) {
      const node = at(path);
      if (node?.type !== "object") return [];
      return (node.children ?? []).map((property) => String(property.children?.[0]?.value));
    },
  });
}
