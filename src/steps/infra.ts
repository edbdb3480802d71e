import * as z from "zod";
import { problem, succeed } from "../core/diagnostic.ts";
import { handoverSchema } from "../core/result.ts";
import { type Applied, applyInfra, destroyInfra } from "../pillars/infra/apply.ts";
import { planInfra } from "../pillars/infra/plan.ts";
import { type KeptPlan, keptPlanSchema, planLines } from "../pillars/infra/report.ts";
import { defineStep, type StepReport } from "./definition.ts";

const environment = z.string().optional().describe("which of SPEC.md's environments; not needed where there is one");
const appliedSchema = z.object({
  plan: keptPlanSchema,
  state: z.enum(["applied", "nothing", "planned", "handed_over"]),
  run: z.string().nullable(),
  outputs: z.record(z.string(), z.unknown()).describe("of the configuration, those that are not sensitive"),
  handover: handoverSchema.optional().describe("the work half ended here: what the act half takes"),
});
const common = {
  credentials: [],
  tools: ["git", "tofu"],
  needs: "product",
} as const;

export const infraPlanStep = defineStep({
  ...common,
  name: "infra plan",
  jenkinsName: "monkeysInfraPlan",
  summary: "Plan a product's infrastructure and keep the plan for approval",
  description:
    "For products whose SPEC.md has `infrastructure`. OpenTofu plans the committed configuration; the plan is kept in the user's state directory under its digest, and `infra apply` applies exactly that one. What it creates, changes and removes, how many resources there are then and in which regions are facts for the constitution's rules on `infra.apply`.",
  examples: [{ command: "codemonkeys infra plan --environment staging", says: "what would change" }],
  params: z.object({ environment }),
  result: keptPlanSchema,
  actions: ["secret.read"],
  retryOnAgentLoss: true,
  async run(session, params) {
    const plan = await planInfra(session, { environment: params.environment, mode: "change" });
    return plan.ok ? succeed(planReport(plan.value), plan.warnings) : plan;
  },
});

export const infraApplyStep = defineStep({
  ...common,
  name: "infra apply",
  jenkinsName: "monkeysInfraApply",
  summary: "Apply exactly the plan that was made and approved",
  description:
    "Asks the constitution `infra.apply` for the plan's digest. OpenTofu refuses a plan that the state has moved past: then plan again. One run at a time has an environment; a crashed one is gone on with by the same command, which asks the world first. Outputs that are not sensitive are kept with the run: deployments get `hosts` as servers and all others as the variable `infra`.",
  examples: [
    { command: "codemonkeys infra apply --environment staging", says: "the newest plan" },
    {
      command: "codemonkeys infra apply --environment production --plan 3f9a",
      says: "the plan whose digest begins so",
    },
    {
      command: "codemonkeys infra apply --environment staging --plan new",
      says: "plan and apply in one: for pipelines, which may be on another machine each time",
    },
  ],
  params: z.object({
    environment,
    plan: z
      .string()
      .optional()
      .describe(
        "a plan's digest or its beginning; `new` makes one of the checked-out commit, or goes on with one that was begun; the newest kept one without it",
      ),
  }),
  result: appliedSchema,
  actions: ["infra.apply", "secret.read"],
  halves: true,
  retryOnAgentLoss: false,
  async run(session, params) {
    const applied = await applyInfra(session, { environment: params.environment, plan: params.plan });
    return applied.ok ? succeed(appliedReport(applied.value), applied.warnings) : applied;
  },
});

export const infraDriftStep = defineStep({
  ...common,
  name: "infra drift",
  jenkinsName: "monkeysInfraDrift",
  summary: "Say what was changed in the world outside of the plans",
  description: "Asks every provider and changes nothing. Exits with 8 when anything is not as the state says.",
  examples: [{ command: "codemonkeys infra drift --environment production", says: "every night, say" }],
  params: z.object({ environment }),
  result: keptPlanSchema,
  actions: ["secret.read"],
  retryOnAgentLoss: true,
  async run(session, params) {
    const plan = await planInfra(session, { environment: params.environment, mode: "refresh" });
    if (!plan.ok) return plan;
    const { drift, environment: where } = plan.value;
    if (drift.length === 0) {
      return succeed({ data: plan.value, summary: `${where} is as its state says` }, plan.warnings);
    }
    const lines = drift.map(({ address, action }) => `! ${address} was changed outside (${action})`);
    return succeed(
      {
        verdict: "failure",
        kind: "config",
        data: plan.value,
        diagnostics: [
          problem("config", "infra.drift", `${where} drifted: ${drift.length} resources are not as the state says`, {
            next: `codemonkeys infra plan --environment ${where} shows what would bring it back`,
          }),
        ],
        summary: lines.join("\n"),
        display: lines,
      },
      plan.warnings,
    );
  },
});

export const infraDestroyStep = defineStep({
  ...common,
  name: "infra destroy",
  jenkinsName: "monkeysInfraDestroy",
  summary: "Plan to remove an environment and, once that is approved, remove it",
  description:
    "Makes a plan that removes everything and applies it under `infra.apply`, whose facts say how much is deleted; when people are asked, the same command goes on once they have answered. `--dry-run` shows it.",
  examples: [{ command: "codemonkeys infra destroy --environment staging --dry-run", says: "what would be removed" }],
  params: z.object({ environment }),
  result: appliedSchema,
  actions: ["infra.apply", "secret.read"],
  halves: true,
  retryOnAgentLoss: false,
  async run(session, params) {
    const applied = await destroyInfra(session, { environment: params.environment });
    return applied.ok ? succeed(appliedReport(applied.value), applied.warnings) : applied;
  },
});

function planReport(plan: KeptPlan): StepReport<KeptPlan> {
  const lines = planLines(plan);
  return { data: plan, summary: lines.join("\n"), display: lines };
}

function appliedReport({ plan, state, run, outputs, handover }: Applied): StepReport<z.infer<typeof appliedSchema>> {
  const last = {
    applied: `${plan.environment}: applied plan ${plan.digest.slice(0, 12)}`,
    nothing: `${plan.environment}: nothing to change`,
    planned: `${plan.environment}: would apply plan ${plan.digest.slice(0, 12)}`,
    handed_over: `${plan.environment}: plan ${plan.digest.slice(0, 12)} is ready for the act half`,
  }[state];
  const shown = state === "planned" || state === "handed_over";
  const lines = shown ? [...planLines(plan).slice(0, -1), last] : [last];
  return {
    ...(run ? { run } : {}),
    ...(handover ? { verdict: "waiting", handover } : {}),
    data: { plan, state, run: run ?? null, outputs: { ...outputs }, ...(handover ? { handover } : {}) },
    summary: lines.join("\n"),
    display: lines,
  };
}
