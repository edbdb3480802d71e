// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources under test are strings
import { describe, expect, it } from "vitest";
import { collectCodes } from "../../../scripts/reference/diagnostic-codes.ts";

/** `code kind "message" → "next"` of every diagnostic in some sources. */
function codes(files: Readonly<Record<string, string>>): string[] {
  const { uses } = collectCodes(new Map(Object.entries(files)));
  return uses.map(({ code, kind, messages, next }) =>
    [code, kind, ...messages.map((text) => JSON.stringify(text)), ...next.map((text) => `→ ${text}`)].join(" "),
  );
}

describe("collecting diagnostics from source", () => {
  it("reads literals, and shows what is filled in by its name", () => {
    const source = [
      "const LIMIT = 5;",
      "export const a = (path: string, file: { name: string }) =>",
      '  problem("config", "a.b", `${path} of ${file.name} has more than ${LIMIT} of ${JSON.stringify(path)}`, { next: `rm ${path}` });',
    ].join("\n");
    expect(codes({ "src/a.ts": source })).toEqual([
      'a.b config "{path} of {name} has more than 5 of {path}" → rm {path}',
    ]);
  });

  it("pairs both sides of a condition with what each says", () => {
    const source = [
      "export function a(late: boolean) {",
      '  const code = late ? "a.late" : "a.lost";',
      '  return problem("product", code, late ? "too late" : "lost", { ...(late ? { next: "wait" } : {}) });',
      "}",
    ].join("\n");
    expect(codes({ "src/a.ts": source })).toEqual(['a.late product "too late" → wait', 'a.lost product "lost" → wait']);
  });

  it("follows a parameter to each call, through names, imports and functions handed on", () => {
    const yaml = [
      "export function read(text: string, options: { codes: string }, complain: (code: string, message: string) => void) {",
      '  complain("odd", "this is odd");',
      '  return problem("config", `${options.codes}.yaml`, "not YAML");',
      "}",
    ].join("\n");
    const spec = [
      'import { read } from "./yaml.ts";',
      "export function spec(text: string) {",
      "  const report = (code: string, message: string, next?: string) =>",
      '    problem("config", `spec.${code}`, message, { ...(next ? { next } : {}) });',
      '  report("empty", "nothing in it", "write something");',
      '  return read(text, { codes: "spec" }, report);',
      "}",
    ].join("\n");
    expect(codes({ "src/spec.ts": spec, "src/yaml.ts": yaml })).toEqual([
      'spec.empty config "nothing in it" → write something',
      'spec.odd config "this is odd"',
      'spec.yaml config "not YAML"',
    ]);
  });

  it("takes each row of a table with the words of that row", () => {
    const source = [
      'const FULL = { code: "db.full", kind: "infrastructure", says: "is full" };',
      'const LOGIN = { code: "db.login", kind: "secret", says: "refuses the login" };',
      "export const a = (place: string, meaning: typeof FULL) =>",
      "  problem(meaning.kind, meaning.code, `${place} ${meaning.says}`);",
    ].join("\n");
    expect(codes({ "src/a.ts": source })).toEqual([
      'db.full infrastructure "{place} is full"',
      'db.login secret "{place} refuses the login"',
    ]);
  });

  it("keeps to the values that the code around leaves", () => {
    const source = [
      'export function a(result: { ended: "exited" | "timeout" | "cancelled" }, state: string) {',
      '  if (result.ended === "timeout" || result.ended === "cancelled") problem("infrastructure", `a.${result.ended}`, "x");',
      '  if (state !== "edited" && state !== "foreign") return;',
      '  problem("product", `b.${state}`, "y");',
      "}",
    ].join("\n");
    expect(codes({ "src/a.ts": source }).map((line) => line.split(" ")[0])).toEqual([
      "a.timeout",
      "a.cancelled",
      "b.edited",
      "b.foreign",
    ]);
  });

  it("sees a diagnostic that another area passes on under its own name, and only what it calls", () => {
    const get = [
      'export const big = () => problem("infrastructure", "http.too_large", "too much");',
      'export const away = () => problem("infrastructure", "http.unreachable", "not there");',
    ].join("\n");
    const hook = [
      'import { away } from "./get.ts";',
      "export function post() {",
      "  const diagnostic = away();",
      '  return { ...diagnostic, code: diagnostic.code.replace("http.", "hook.") };',
      "}",
    ].join("\n");
    const found = codes({ "src/get.ts": get, "src/hook.ts": hook }).map((line) => line.split(" ")[0]);
    expect(found).toEqual(["http.too_large", "http.unreachable", "hook.unreachable"]);
  });

  it("names the place of a code that only a running program knows", () => {
    const source = [
      'import { ask } from "node:x";',
      "",
      'export const a = () => problem("config", ask(), "what");',
    ].join("\n");
    expect(collectCodes(new Map([["src/a.ts", source]])).unresolved).toEqual(["src/a.ts:3"]);
  });
});
