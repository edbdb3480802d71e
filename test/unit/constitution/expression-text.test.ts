import { type ASTNode, parse } from "@marcbachmann/cel-js";
import { describe, expect, test } from "vitest";
import { expressionText } from "../../../src/constitution/expression-text.ts";

/** A tree without its positions. */
function shape(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(shape);
  if (typeof part === "object" && part !== null && "op" in part) {
    const { op, args } = part as ASTNode;
    return [op, shape(args)];
  }
  return part;
}

describe("an expression written anew", () => {
  test.each([
    "a - (b - c)",
    "a == (b == c)",
    "(a - b) - c",
    "-(a + b) * -c % 3",
    "!(a && b) || !c",
    "(a ? b : c) ? d : (e ? f : g)",
    "a ? (b ? c : d) : e",
    "(a ? b : c).d[e ? 1 : 0]",
    "x.all(p, p == (q == r)) && size([1, [2, 3]]) in [a, b]",
    "{'a': 1, \"b\": {'c': [true, null]}}['b'].c[0]",
    "(a + b).size() > 3u",
    "0.1 + 0.12345678901234567 + 1e3 + 1e-9 + 1e300 + 80.0",
    "9223372036854775807 - 2",
    "r'a\\b(' + \"a\\\"b\\n\\\\\" + 'it\\'s' + \"\\u00e4\u{1f435}\"",
    "b'ab\\x00\\xff' == c",
    "a // (a comment\n + b",
  ])("is the same tree: %s", (text) => {
    const { ast } = parse(text);
    expect(shape(parse(expressionText(ast)).ast)).toEqual(shape(ast));
  });
});
