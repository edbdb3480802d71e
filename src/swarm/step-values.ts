import { canonicalJson, type Json } from "../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";

/** The most bytes of JSON that a journal row takes: it is a record of what happened, not a store. */
export const MAX_VALUE_BYTES = 64 * 1024;

/**
 * Canonical JSON of a step's value; null for no value at all. A value that JSON cannot carry (a date, a class instance,
 * a function) is a programming error and throws; one that is too big is refused with the advice where to put it.
 */
export function encodeValue(name: string, value: unknown): Outcome<string | null> {
  if (value === undefined) return succeed(null);
  assertJson(value, name);
  const text = canonicalJson(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_VALUE_BYTES) return succeed(text);
  return fail(
    problem(
      "internal",
      "journal.value_too_large",
      `the value of ${name} has ${bytes} bytes; the journal takes ${MAX_VALUE_BYTES}`,
      { next: "put the bytes into the artefact store and let the step return their digest" },
    ),
  );
}

/** What `encodeValue` wrote. The caller names the type it wrote: a step's own. */
export function decodeValue<T>(text: string | null): T {
  return (text === null ? undefined : JSON.parse(text)) as T;
}

function assertJson(value: unknown, at: string): asserts value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) assertJson(item, `${at}[${index}]`);
    return;
  }
  if (typeof value === "object") {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      for (const [key, item] of Object.entries(value)) if (item !== undefined) assertJson(item, `${at}.${key}`);
      return;
    }
  }
  throw new TypeError(`${at} is not JSON: ${typeof value === "object" ? value.constructor.name : String(value)}`);
}

/** Free text as both databases take it: PostgreSQL refuses a NUL, which a tool's output may hold. */
export function storableText(text: string): string {
  return text.replaceAll("\0", "\u{fffd}");
}
