import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { initProduct } from "../org/init.ts";
import { defineStep } from "./definition.ts";

export const initStep = defineStep({
  name: "init",
  summary: "Take this repository in: infer its SPEC.md and, the first time, found an organisation on this machine",
  description:
    "Looks at the manifests and the README, and writes `SPEC.md` and `.codemonkeys/config.yaml` where they are missing; it never overwrites. Where no organisation is configured it makes one (a git repository with a constitution and a fleet file) and notes it in your own configuration. It commits to no repository that it did not make.",
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
    const { product, written, kept, organisation, next } = done.value;
    const would = workplace.dryRun ? "would write" : "wrote";
    const lines = [
      ...written.map((path) => `✔ ${would} ${path}`),
      ...kept.map((path) => `· ${path} is there and stays as it is`),
      organisation.founded
        ? `✔ ${workplace.dryRun ? "would found" : "founded"} an organisation at ${organisation.url}`
        : `· the organisation is ${organisation.url}`,
      ...(next.length > 0 ? ["", "Next:", ...next.flatMap((one) => one.split("\n").map((line) => `  ${line}`))] : []),
    ];
    return succeed(
      {
        data: { product, written: [...written], kept: [...kept], organisation: { ...organisation }, next: [...next] },
        summary: lines.join("\n"),
        display: lines,
      },
      done.warnings,
    );
  },
});
