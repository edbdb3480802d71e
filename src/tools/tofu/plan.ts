import * as z from "zod";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { jsonOf } from "./messages.ts";

/** What is read of `tofu show -json`; format 1 keeps these, and later minor versions only add. */
const change = z.object({
  address: z.string(),
  type: z.string(),
  provider_name: z.string().default(""),
  change: z.object({
    actions: z.array(z.enum(["no-op", "create", "read", "update", "delete", "forget"])),
    after: z.unknown().optional(),
  }),
});
const shown = z.object({
  format_version: z.string().regex(/^1\./),
  resource_changes: z.array(change).default([]),
  resource_drift: z.array(change).default([]),
  output_changes: z.record(z.string(), z.object({ actions: z.array(z.string()) })).default({}),
  planned_values: z.object({ root_module: z.unknown() }).partial().optional(),
  configuration: z
    .object({
      provider_config: z
        .record(z.string(), z.object({ expressions: z.record(z.string(), z.unknown()).optional() }))
        .optional(),
    })
    .optional(),
});

export interface InfraChange {
  readonly address: string;
  readonly action: "create" | "update" | "replace" | "delete" | "forget";
}

/** A plan in the words that rules and people use. It holds addresses, never values. */
export interface InfraPlan {
  readonly changes: readonly InfraChange[];
  /** What changed in the world since the state was written. */
  readonly drift: readonly InfraChange[];
  /** Names of the outputs whose values change. */
  readonly outputs: readonly string[];
  /** Resources that there will be afterwards. */
  readonly resources: number;
  /** Regions and locations that the configuration names, sorted. */
  readonly regions: readonly string[];
}

/** Reads a plan as OpenTofu shows it. */
export function readPlan(text: string): Outcome<InfraPlan> {
  let json: unknown;
  try {
    json = JSON.parse(jsonOf(text));
  } catch (error) {
    return fail(problem("infrastructure", "tofu.unreadable_plan", `OpenTofu's plan is no JSON: ${messageOf(error)}`));
  }
  const read = shown.safeParse(json);
  if (!read.success) {
    return fail(
      problem("infrastructure", "tofu.unreadable_plan", "OpenTofu's plan has a format that is not known here", {
        next: "use OpenTofu 1.8 to 1.12, or update codemonkeys",
        details: z.prettifyError(read.error),
      }),
    );
  }
  const { resource_changes, resource_drift, output_changes, planned_values, configuration } = read.data;
  const regions = new Set<string>();
  collectRegions(configuration?.provider_config, regions);
  for (const one of resource_changes) collectRegions(one.change.after, regions);
  return succeed({
    changes: resource_changes.flatMap(changeOf),
    drift: resource_drift.flatMap(changeOf),
    outputs: Object.entries(output_changes)
      .filter(([, { actions }]) => actions.some((action) => action !== "no-op"))
      .map(([name]) => name)
      .sort(),
    resources: countResources(planned_values?.root_module),
    regions: [...regions].sort(),
  });
}

function changeOf({ address, change: { actions } }: z.infer<typeof change>): InfraChange[] {
  const action =
    actions.includes("create") && actions.includes("delete")
      ? "replace"
      : actions.find((one) => one !== "no-op" && one !== "read");
  return action === undefined ? [] : [{ address, action }];
}

const moduleShape = z.object({
  resources: z.array(z.object({ mode: z.string() })).default([]),
  child_modules: z.array(z.unknown()).default([]),
});

function countResources(module: unknown): number {
  const read = moduleShape.safeParse(module);
  if (!read.success) return 0;
  const own = read.data.resources.filter(({ mode }) => mode === "managed").length;
  return read.data.child_modules.reduce<number>((sum, child) => sum + countResources(child), own);
}

/** Values under keys that clouds name their places by; in a provider's configuration they are `{ constant_value }`. */
function collectRegions(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const one of value) collectRegions(one, into);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (/^(?:region|location|zone|datacenter)$/.test(key)) {
        const constant =
          typeof inner === "object" && inner !== null ? (inner as { constant_value?: unknown }).constant_value : inner;
        if (typeof constant === "string") into.add(constant);
      }
      collectRegions(inner, into);
    }
  }
}
