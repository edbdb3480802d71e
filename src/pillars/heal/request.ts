import type { Plan } from "../../pipeline/plan.ts";

export interface HealRequest {
  /** The failed build's log. */
  readonly log: string;
  /** The stage that failed, by its name in the plan. */
  readonly stage: string;
  /** The product's pipeline: it says how the stage is run. */
  readonly plan: Plan;
  /** The commit that was built; the checked-out one without it. */
  readonly commit?: string | undefined;
  /** The branch that was built; the checked-out one without it (Jenkins checks out no branch). */
  readonly branch?: string | undefined;
  /** A model's name, instead of the configured one. */
  readonly model?: string | undefined;
  /** Begins anew where an earlier run of the same failure did not finish, or was undone. */
  readonly fresh?: boolean | undefined;
}
