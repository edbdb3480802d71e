import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { type InferredStage, STAGE_SOURCES } from "../org/infer-stages.ts";
import { initProduct } from "../org/init.ts";
import { defineStep } from "./definition.ts";

export const initStep = defineStep({
  name: "init",
  summary: "Take this repository in: infer its SPEC.md and, the first time, found an organisation on this machine",
  description:
    "Looks at the manifests and the README, infers the stages (Go, Maven, Gradle, Cargo, npm, Python; else a Makefile's targets), tells from which file each comes, and writes `SPEC.md` and `.codemonkeys/config.yaml` where they are missing; it never overwrites. Where no organisation is configured it makes one (a git repository with a constitution and a fleet file) and notes it in your own configuration. It commits to no repository that it did not make.",
  examples: [
    { command: "codemonkeys init", says: "in a repository that you have" },
    { command: "codemonkeys init --company acme", says: "as a product of acme" },
  ],
  params: z.object({
    name: z.string().optional().describe("the product's name; inferred from the first manifest without it"),
    company: z.string().optional().describe("the company it belongs to; home without it"),
  }),
  result: z.object({
    product: z.string(),
    written: z.array(z.string()),
    kept: z.array(z.string()),
    stages: z.array(z.object({ name: z.string(), command: z.string(), from: z.array(z.string()) })),
    organisation: z.object({ url: z.string(), founded: z.boolean(), listed: z.boolean() }),
    next: z.array(z.string()),
  }),
  credentials: [],
  tools: ["git"],
  actions: [],
  dryRun: true,
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { name, company }) {
    const done = await initProduct(workplace, { product: name, company });
    if (!done.ok) return done;
    const { product, written, kept, stages, organisation, next } = done.value;
    const would = workplace.dryRun ? "would write" : "wrote";
    const lines = [
      ...written.flatMap((path) => [`✔ ${would} ${path}`, ...(path === "SPEC.md" ? stageLines(stages) : [])]),
      ...kept.map((path) => `· ${path} is there and stays as it is`),
      organisation.founded
        ? `✔ ${workplace.dryRun ? "would found" : "founded"} an organisation at ${organisation.url}`
        : `· the organisation is ${organisation.url}`,
      ...(next.length > 0 ? ["", "Next:", ...next.flatMap((one) => one.split("\n").map((line) => `  ${line}`))] : []),
    ];
    return succeed(
      {
        data: {
          product,
          written: [...written],
          kept: [...kept],
          stages: stages.map(({ name, command, from }) => ({ name, command, from: [...from] })),
          organisation: { ...organisation },
          next: [...next],
        },
        summary: lines.join("\n"),
        display: lines,
      },
      done.warnings,
    );
  },
});

/** Each stage with its command and the files that ask for it, in columns. */
function stageLines(stages: readonly InferredStage[]): string[] {
  if (stages.length === 0) return [`· no stages: none of ${STAGE_SOURCES} says how it is built and tested`];
  const width = (texts: readonly string[]) => Math.min(60, Math.max(...texts.map((text) => text.length)));
  const [names, commands] = [width(stages.map(({ name }) => name)), width(stages.map(({ command }) => command))];
  return stages.map(
    ({ name, command, from }) => `  ${name.padEnd(names)}  ${command.padEnd(commands)}  from ${from.join(", ")}`,
  );
}
