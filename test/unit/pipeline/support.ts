import { readConstitution } from "../../../src/constitution/constitution.ts";
import { type Config, readConfig } from "../../../src/core/config.ts";
import type { Outcome } from "../../../src/core/diagnostic.ts";
import type { Located } from "../../../src/core/yaml.ts";
import { type Fleet, readFleet } from "../../../src/pipeline/fleet.ts";
import { type Plan, planOf } from "../../../src/pipeline/plan.ts";
import { readSpec, type Spec } from "../../../src/pipeline/spec.ts";

export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.diagnostics.map((one) => `${one.code}: ${one.message}`).join("\n"));
  return outcome.value;
}

/** The codes of a failed outcome's diagnostics; empty for a success. */
export function codesOf(outcome: Outcome<unknown>): string[] {
  return outcome.ok ? [] : outcome.diagnostics.map((one) => one.code);
}

export function specOf(front: string, body = ""): Located<Spec> {
  return must(readSpec(`---\nproduct: payments\ncompany: acme\n${front}\n---\n${body}`, { file: "SPEC.md" }));
}

export const FLEET = `companies:
  acme: {}
products:
  payments: { company: acme, repo: https://git.example/payments }
`;

export function fleetOf(text = FLEET): Located<Fleet> {
  return must(readFleet(text, { file: "fleet.yaml" }));
}

export function configOf(text = ""): Config {
  return must(readConfig([{ layer: "organisation", text, file: "config.yaml" }]));
}

export function constitutionOf(text = "version: 1\n") {
  return must(readConstitution(text, { file: "constitution.yaml" }));
}

/** The plan of a product with this front matter, in a fleet with nothing special about it. */
export function planFor(
  front: string,
  rest: { fleet?: string; config?: string; constitution?: string; defaultStages?: Record<string, string> } = {},
): Plan {
  return planOf({
    spec: specOf(front),
    fleet: fleetOf(rest.fleet),
    config: configOf(rest.config),
    constitution: constitutionOf(rest.constitution),
    ...(rest.defaultStages ? { defaultStages: rest.defaultStages } : {}),
  });
}
