import { Command } from "commander";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { collectParams, declareOptions, readParams } from "../../../src/cli/options.ts";
import { succeed } from "../../../src/core/diagnostic.ts";
import { defineStep } from "../../../src/steps/definition.ts";

const step = defineStep({
  name: "sample",
  summary: "A sample",
  description: "",
  examples: [],
  params: z.object({
    log: z.string().optional().describe("the log"),
    max_attempts: z.int().min(1).default(3).describe("how often"),
    mode: z.enum(["fast", "slow"]).default("fast").describe("how"),
    force: z.boolean().default(false).describe("even so"),
    names: z.array(z.string()).default([]).describe("which"),
  }),
  positional: ["log"],
  result: z.null(),
  credentials: [],
  tools: [],
  actions: ["git.push"],
  retryOnAgentLoss: false,
  needs: "product",
  run: async () => succeed({ data: null, summary: "" }),
});

function parse(...argv: string[]): unknown {
  let params: unknown;
  const command = new Command("sample").exitOverride().configureOutput({ writeErr: () => {} });
  declareOptions(command, step);
  command.action((...args: unknown[]) => {
    params = collectParams(step, args.slice(0, -2), args.at(-2) as Record<string, unknown>);
  });
  command.parse(argv, { from: "user" });
  return params;
}

describe("a step's parameters on the command line", () => {
  test("are its schema's keys: by place, and as --kebab-case", () => {
    expect(parse("build.log", "--max-attempts", "5", "--mode", "slow", "--force", "--names", "a", "b")).toEqual({
      log: "build.log",
      max_attempts: 5,
      mode: "slow",
      force: true,
      names: ["a", "b"],
    });
  });

  test("what is not given is left to the schema's defaults", () => {
    expect(readParams(step, parse() as Record<string, unknown>)).toMatchObject({
      ok: true,
      value: { max_attempts: 3, mode: "fast", force: false, names: [] },
    });
  });

  test("a wrong number, a wrong choice and an unknown option are usage errors", () => {
    expect(() => parse("--max-attempts", "many")).toThrow(/expected a number/);
    expect(() => parse("--mode", "sideways")).toThrow(/Allowed choices are fast, slow/);
    expect(() => parse("--froce")).toThrow(/--force/);
  });
});

describe("a step's parameters from a file", () => {
  test("unknown names are refused with what was meant", () => {
    expect(readParams(step, { max_atempts: 2 })).toMatchObject({
      ok: false,
      diagnostics: [
        { code: "params.unknown", message: "sample has no parameter max_atempts; did you mean max_attempts?" },
      ],
    });
  });

  test("all wrong values are reported", () => {
    const outcome = readParams(step, { max_attempts: 0, mode: "sideways" });
    expect(outcome.ok ? [] : outcome.diagnostics.map((d) => d.message)).toHaveLength(2);
  });
});
