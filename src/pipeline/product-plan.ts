import { type Outcome, succeed } from "../core/diagnostic.ts";
import { defaultStagesOf, directoryTree } from "../ecosystems/index.ts";
import { type Plan, planOf } from "./plan.ts";
import { productOf, type Session } from "./session.ts";

/** The plan of the session's product, as its work tree stands: ecosystems give the stages that the spec leaves out. */
export async function planOfProduct(session: Session): Promise<Outcome<Plan>> {
  const { path, spec, config } = productOf(session);
  const { constitution, fleet } = session.organisation;
  const defaultStages = await defaultStagesOf(directoryTree(path), spec.value.packages);
  return succeed(planOf({ spec, constitution, config, fleet, defaultStages }));
}
