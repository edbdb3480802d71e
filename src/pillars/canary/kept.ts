import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Acting } from "../acting.ts";
import type { RungJudged } from "./judge.ts";
import type { Climb, Left } from "./ladder.ts";

/** Writes a decision about a rung into the journal and the audit log, with what the criteria said. */
export async function keepDecision(
  { session, run, product }: Acting,
  step: string,
  { rung }: Climb,
  decided: Pick<Left, "decision" | "by" | "why">,
  judged: RungJudged | undefined,
): Promise<Outcome<Left>> {
  return await run.step(step, async () => {
    const left: Left = { ...decided, rung, at: session.clock.now(), criteria: [...(judged?.criteria ?? [])] };
    const logged = await session.audit.append({
      company: product.company,
      product: product.name,
      run: run.id,
      requester: session.requester,
      kind: `canary.${decided.decision}`,
      data: { rung, by: decided.by, why: session.redactor.redact(decided.why), criteria: left.criteria },
    });
    return logged.ok ? succeed(left) : logged;
  });
}
