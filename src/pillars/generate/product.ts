import type { Outcome } from "../../core/diagnostic.ts";
import { type GenerateReport, generateFiles } from "../../pipeline/generate.ts";
import { pipelineFiles } from "../../pipeline/generated.ts";
import { planOfProduct } from "../../pipeline/product-plan.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { docsSkeleton } from "../docs/skeleton.ts";

/** What nobody should have to write: brings a product's Jenkinsfile, schema and documentation skeleton up to date. */
export async function generateProduct(
  session: Session,
  options: { readonly check: boolean; readonly force: boolean },
): Promise<Outcome<GenerateReport>> {
  const plan = await planOfProduct(session);
  if (!plan.ok) return plan;
  const product = productOf(session);
  const files = [...pipelineFiles(plan.value), ...docsSkeleton(product.spec.value, plan.value)];
  return await generateFiles(session, product, files, options);
}
