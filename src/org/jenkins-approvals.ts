import * as z from "zod";
import { type ApprovalVerifier, answerApproval } from "../constitution/approvals.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Session } from "../pipeline/session.ts";
import { countVotes, getApproval } from "../swarm/approvals.ts";
import { readInputRecord } from "../tools/jenkins/input-record.ts";
import { answeringIn } from "./answer-signers.ts";
import { openController } from "./controller.ts";

/** An answer that a person gave to Jenkins' `input` step, as the shared library hands it over. A claim until verified. */
export const approvalClaimSchema = z.strictObject({
  id: z.string().min(1),
  by: z.string().min(1),
  answer: z.enum(["approve", "refuse"]).default("approve"),
  reason: z.string().default(""),
  /** BUILD_URL of the build that asked. */
  build: z.string().min(1),
});
export type ApprovalClaim = z.infer<typeof approvalClaimSchema>;

/** Answers that do not count and leave the question open: somebody else can still answer it. */
const ASKED_AGAIN = [
  "approval.not_a_member",
  "approval.own_request",
  "approval.not_open",
  "approval.expired",
  "approval.not_signed",
];

/**
 * Takes answers from Jenkins, each verified against the controller's own record. An answer that does not count (a
 * stranger's, the requester's, a late one) is a warning, and the gate asks anew; one that the controller does not confirm
 * is a failure.
 */
export async function takeApprovals(session: Session, claims: readonly ApprovalClaim[]): Promise<Outcome<void>> {
  const warnings: Diagnostic[] = [];
  for (const claim of claims) {
    const source = sourceOf(claim.build);
    const answer = claim.answer === "approve" ? ("yes" as const) : ("no" as const);
    const row = await getApproval(session.swarm, claim.id);
    if (!row.ok) return row;
    // The runner hands over all answers of the build each time.
    const taken = row.value?.votes.some(
      (one) => one.person === claim.by && one.answer === answer && one.source === source,
    );
    if (taken) continue;
    const half = session.half?.does === "work" ? "work" : "act";
    const answered = await answerApproval(answeringIn(session), {
      id: claim.id,
      person: claim.by,
      answer,
      reason: claim.reason,
      source: { kind: "jenkins", build: claim.build, half, verify: verifier(session) },
    });
    if (answered.ok) continue;
    const [first] = answered.diagnostics;
    if (!first || !ASKED_AGAIN.includes(first.code)) return answered;
    warnings.push({ ...first, severity: "warning" });
  }
  return succeed(undefined, warnings);
}

/** As votes name it. */
function sourceOf(build: string): string {
  return `jenkins ${build}`;
}

/**
 * Asks the controller: the build still runs, the person let one of its inputs proceed, and for each answer that counts
 * already they did so once more. Whoever started the build by hand is its requester, whatever the pipeline says.
 */
function verifier(session: Session): ApprovalVerifier {
  return async ({ build, approval, person }) => {
    const jenkins = openController(session, "an approval from Jenkins cannot be verified");
    if (!jenkins.ok) return jenkins;
    const record = await readInputRecord(jenkins.value, build);
    if (!record.ok) return record;
    const { building, approvers, startedBy } = record.value;
    if (!building) {
      return fail(
        problem("policy", "approval.build_over", `${build} has ended; an approval counts in the build that asked only`),
      );
    }
    if (startedBy.includes(person)) {
      return fail(
        problem("policy", "approval.own_request", `${person} started ${build} and cannot agree to it`, {
          next: "let someone else of the group answer",
        }),
      );
    }
    const used = await countVotes(session.swarm, { person, source: sourceOf(build), except: approval });
    if (!used.ok) return used;
    const given = approvers.filter((one) => one === person).length;
    if (given > used.value) return succeed({ person });
    return fail(
      problem(
        "policy",
        "approval.not_recorded",
        `the controller has no record that ${person} approved this in ${build}`,
        {
          next: "answer the input step of that build as yourself; nobody can answer for another",
        },
      ),
    );
  };
}
