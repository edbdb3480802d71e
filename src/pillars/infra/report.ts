import * as z from "zod";

const changeSchema = z.object({
  address: z.string(),
  action: z.enum(["create", "update", "replace", "delete", "forget"]),
});

/** A plan that was made and kept: what `infra apply` takes. */
export const keptPlanSchema = z.object({
  digest: z.string().describe("SHA-256 of the plan file; what an approval is bound to"),
  environment: z.string(),
  commit: z.string().describe("the product's commit that it was made from"),
  destroy: z.boolean(),
  changes: z.array(changeSchema),
  drift: z.array(changeSchema).describe("what changed in the world since the state was written"),
  outputs: z.array(z.string()).default([]).describe("names of the outputs whose values change"),
  resources: z.int().describe("resources that there are afterwards"),
  regions: z.array(z.string()),
  made_at: z.int().describe("milliseconds since 1970"),
});
export type KeptPlan = z.infer<typeof keptPlanSchema>;

/** One line for each change, and one that sums up. */
export function planLines(plan: KeptPlan): string[] {
  const signs = { create: "+", update: "~", replace: "±", delete: "-", forget: "?" } as const;
  const { changes, drift, outputs } = plan;
  const count = (action: string) => changes.filter((one) => one.action === action).length;
  const parts = (["create", "update", "replace", "delete", "forget"] as const).flatMap((action) =>
    count(action) > 0 ? [`${count(action)} to ${action}`] : [],
  );
  if (outputs.length > 0) parts.push(`${outputs.length} output${outputs.length === 1 ? "" : "s"} to change`);
  return [
    ...changes.map(({ address, action }) => `${signs[action]} ${address}`),
    ...drift.map(({ address, action }) => `! ${address} was changed outside (${action})`),
    parts.length === 0
      ? `${plan.environment}: nothing to change`
      : `${plan.environment}: ${parts.join(", ")}; plan ${plan.digest.slice(0, 12)}`,
  ];
}
