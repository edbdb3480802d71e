import type { HalfWanted } from "../org/half.ts";
import type { ApprovalClaim } from "../org/jenkins-approvals.ts";

/** A call as the shared library hands it over: the step's own parameters, and what every step takes. */
export interface GivenByFile {
  readonly params: Readonly<Record<string, unknown>>;
  readonly product: string | undefined;
  readonly dryRun: boolean;
  /** People's answers to Jenkins' `input` step. */
  readonly approvals: readonly ApprovalClaim[];
  readonly half: HalfWanted;
}

export const NOTHING_GIVEN: GivenByFile = { params: {}, product: undefined, dryRun: false, approvals: [], half: {} };
