import type { TypeError as CelTypeError, ParseError } from "@marcbachmann/cel-js";
import { didYouMean } from "../core/suggest.ts";
import { environment } from "./fact-values.ts";

/** What is wrong with a condition, and which part of its text. Offsets count UTF-16 units from 0; `end` is exclusive. */
export interface ConditionError {
  readonly code: "condition_syntax" | "condition_type" | "unknown_fact";
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly next?: string;
}

/** Macros whose first argument names a variable. */
export const BINDING_MACROS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** CEL spellings that people who write other languages try first. */
const HABITS: readonly [RegExp, string][] = [
  [/^and\b/i, "write && for and"],
  [/^or\b/i, "write || for or"],
  [/^not\b/i, "write ! for not"],
  [/^=(?!=)/, "write == to compare"],
  [/^&(?!&)/, "write && for and"],
  [/^\|(?!\|)/, "write || for or"],
];

/** A condition that does not parse. */
export function syntaxError(error: ParseError, text: string): ConditionError {
  const { start, end } = rangeOf(error, text);
  const rest = text.slice(start).trimStart();
  const habit = HABITS.find(([pattern]) => pattern.test(rest))?.[1];
  const summary = summaryOf(error);
  const message = /EOF/.test(summary) ? "the condition ends too early" : `not a CEL expression: ${lowerFirst(summary)}`;
  return { code: "condition_syntax", message, start, end, ...(habit ? { next: habit } : {}) };
}

/** A condition that parses and compares or computes what does not go together. */
export function typeError(error: CelTypeError, text: string): ConditionError {
  const { start, end } = rangeOf(error, text);
  const summary = summaryOf(error);
  const overload = /^no such overload: (\S+) (\S+) (\S+)$/.exec(summary);
  const call = /^found no matching overload for '(?:([^.(]+)\.)?(\w+)\((.*)\)'$/.exec(summary);
  if (overload) {
    const [, left, operator, right] = overload as unknown as [string, string, string, string];
    return {
      code: "condition_type",
      message: `${typeWord(left)} ${operator} ${typeWord(right)} cannot be compared or computed`,
      start,
      end,
    };
  }
  if (call) {
    const [, receiver, name, args] = call;
    const meant = didYouMean(name as string, functionNames());
    return {
      code: "condition_type",
      message: receiver
        ? `${typeWord(receiver)} has no function ${name}(${args})${meant ? `; did you mean ${meant}?` : ""}`
        : `there is no function ${name}(${args})${meant ? `; did you mean ${meant}?` : ""}`,
      start,
      end,
    };
  }
  return { code: "condition_type", message: lowerFirst(summary), start, end };
}

function functionNames(): string[] {
  return [...new Set([...environment.getDefinitions().functions.map(({ name }) => name), ...BINDING_MACROS])];
}

function rangeOf(error: ParseError | CelTypeError, text: string): { start: number; end: number } {
  const start = Math.min(error.range?.start ?? 0, Math.max(0, text.length - 1));
  return { start, end: Math.min(text.length, Math.max(error.range?.end ?? text.length, start + 1)) };
}

/** The library's own sentence, without its picture. */
export function summaryOf(error: unknown): string {
  if (error instanceof Error) return "summary" in error ? String(error.summary) : error.message;
  return String(error);
}

/** A CEL type in words. */
export function typeWord(type: string): string {
  const words: Record<string, string> = {
    string: "a text",
    int: "a whole number",
    double: "a number",
    bool: "true or false",
    null: "null",
    timestamp: "a point in time",
    duration: "a duration",
  };
  if (type.startsWith("list")) return "a list";
  if (type.startsWith("map")) return "a map";
  return words[type] ?? type;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
