import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { planSchema } from "../pipeline/plan.ts";
import { planOfProduct } from "../pipeline/product-plan.ts";
import { defineStep } from "./definition.ts";

export const planStep = defineStep({
  name: "plan",
  summary: "Show a product's pipeline as it follows from its spec",
  description:
    "The one model of the pipeline: the committed Jenkinsfile is its rendering, `monkeysPipeline()` interprets its JSON, `codemonkeys run` executes it.",
  examples: [{ command: "codemonkeys plan --json", says: "as monkeysPipeline() reads it" }],
  params: z.object({}),
  result: planSchema,
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session) {
    const plan = await planOfProduct(session);
    if (!plan.ok) return plan;
    const lines = plan.value.stages.flatMap((stage) => {
      if (stage.kind === "step") return [`${stage.name}  ${stage.jenkins_step}${condition(stage.when)}`];
      if (stage.kind === "command") return [`${stage.name}  ${stage.run}${condition(stage.when)}`];
      return [
        `${stage.name}  in parallel${condition(stage.when)}`,
        ...stage.branches.map((branch) => `  ${branch.name}  ${branch.run}${condition(branch.when)}`),
      ];
    });
    return succeed({ data: plan.value, summary: lines.join("\n"), display: lines });
  },
});

function condition(when: object | undefined): string {
  return when ? `  when ${JSON.stringify(when)}` : "";
}
