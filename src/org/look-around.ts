import { establish, mergeFacts } from "../constitution/probe.ts";
import { canonicalJson } from "../core/canonical.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import { ciFacts } from "../pipeline/local/facts.ts";
import type { Session } from "../pipeline/session.ts";
import { gitFacts, openRepository } from "../tools/git/git.ts";
import { productFacts } from "./product-facts.ts";

/**
 * What can be known of a product without doing anything: its entry in the fleet, its repository, the newest build of its
 * commit. `pillar` is who would ask; that is a supposition and established as one.
 */
export async function lookAround(session: Session, pillar: string | undefined): Promise<Outcome<Facts>> {
  const supposed = pillar
    ? establish("supposed", canonicalJson({ pillar }), { "run.pillar": pillar, "run.requester": session.requester })
    : {};
  const { product } = session;
  if (!product) return succeed(supposed);
  const own = await productFacts(session.swarm, product, session.organisation);
  if (!own.ok) return own;
  const git = await openRepository(product.path, { redactor: session.redactor, signal: session.signal });
  if (!git.ok) return git;
  const source = await gitFacts(git.value);
  if (!source.ok) return source;
  const head = await git.value.head();
  const ci = head.ok ? await ciFacts(session, head.value) : succeed({});
  if (!ci.ok) return ci;
  return succeed(mergeFacts(own.value, source.value, ci.value, supposed));
}
