import type { Constitution } from "../constitution/constitution.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Half } from "../pipeline/session.ts";

/** What a call says of the half it does. */
export interface HalfWanted {
  readonly half?: "work" | "act" | undefined;
  readonly take?: string | undefined;
  readonly digests?: readonly string[] | undefined;
}

/** Label of the agents that hold the act half's keys. */
export const ACT_LABEL = "codemonkeys-act";

/**
 * The half that a session does. With `zones: two` it is the work half unless the call says otherwise, and in Jenkins the
 * act half is done on its own agents only. With one zone both are done here, one after the other.
 */
export function halfOf(
  constitution: Constitution,
  environment: Readonly<Record<string, string | undefined>>,
  wanted: HalfWanted,
): Outcome<Half | undefined> {
  const two = constitution.document.zones === "two";
  const does = wanted.half ?? (two ? "work" : undefined);
  if (does === undefined) return succeed(undefined);
  if (does === "work") return succeed({ does });
  const labels = environment.NODE_LABELS?.split(" ") ?? [];
  if (two && environment.JENKINS_URL && !labels.includes(ACT_LABEL)) {
    return fail(
      problem("policy", "half.wrong_agent", `the act half runs on agents labelled ${ACT_LABEL} only`, {
        next: "start the act half's jobs (land, publish, deploy, apply, watch); they ask for such an agent",
      }),
    );
  }
  return succeed({ does, run: wanted.take, digests: wanted.digests ?? [] });
}
