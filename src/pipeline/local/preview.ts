import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { findStage, type Plan, stageNames } from "../plan.ts";
import type { Session } from "../session.ts";
import { meantStage } from "../spec.ts";
import { lookAtCheckout } from "./checkout.ts";
import { refusedBy } from "./conditions.ts";
import { leavesOf } from "./records.ts";

/** What a run would do with one command or step. */
export interface PlannedStage {
  readonly name: string;
  /** The parallel group it stands in. */
  readonly group?: string;
  /** The command, or the step of the library. */
  readonly does: string;
  /** Why it would be skipped. */
  readonly skipped?: string;
}

/** What running the plan, or one stage of it, would do now: for `--dry-run`. Runs nothing and records nothing. */
export async function previewPlan(session: Session, plan: Plan, name?: string): Promise<Outcome<PlannedStage[]>> {
  if (name !== undefined && !findStage(plan, name)) return unknownStage(plan, name);
  const checkout = await lookAtCheckout(session, plan);
  if (!checkout.ok) return checkout;
  const { context, warnings } = checkout.value;
  const planned = leavesOf(plan.stages)
    .filter(({ stage, group }) => name === undefined || stage.name === name || group === name)
    .map(({ stage, group, conditions }): PlannedStage => {
      const why = refusedBy(conditions, context);
      return {
        name: stage.name,
        ...(group === undefined ? {} : { group }),
        does: stage.kind === "step" ? stage.jenkins_step : stage.run,
        ...(why === undefined ? {} : { skipped: why }),
      };
    });
  return succeed(planned, warnings);
}

export function unknownStage(plan: Plan, name: string): Outcome<never> {
  return fail(
    problem("config", "stage.unknown", `the plan of ${plan.product} has no stage ${name}`, {
      next: meantStage(name, stageNames(plan)),
    }),
  );
}
