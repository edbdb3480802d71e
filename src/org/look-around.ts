import { targetFacts } from "../constitution/gate-facts.ts";
import { establish, mergeFacts } from "../constitution/probe.ts";
import type { ActionName } from "../core/action.ts";
import { canonicalJson, sha256 } from "../core/canonical.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import { directoryTree, ECOSYSTEMS } from "../ecosystems/index.ts";
import { destinationOf } from "../pillars/publish/token.ts";
import { ciFacts } from "../pipeline/local/facts.ts";
import type { OpenProduct, Session } from "../pipeline/session.ts";
import { productRepository } from "../pipeline/session-git.ts";
import { gitFacts } from "../tools/git/git.ts";
import { productFacts } from "./product-facts.ts";

/**
 * What can be known of a product without doing anything: its entry in the fleet, its repository, the newest build of its
 * commit. `pillar` is who would ask; that is a supposition and established as one.
 */
export async function lookAround(
  session: Session,
  action: ActionName,
  pillar: string | undefined,
): Promise<Outcome<Facts>> {
  const supposed = pillar
    ? establish("supposed", canonicalJson({ pillar }), { "run.pillar": pillar, "run.requester": session.requester })
    : {};
  const { product } = session;
  if (!product) return succeed(supposed);
  const own = await productFacts(session.swarm, product, session.organisation);
  if (!own.ok) return own;
  const git = await productRepository(session);
  if (!git.ok) return git;
  const source = await gitFacts(git.value);
  if (!source.ok) return source;
  const head = await git.value.head();
  const ci = head.ok ? await ciFacts(session, head.value) : succeed({});
  if (!ci.ok) return ci;
  const target = action === "package.publish" ? await publishFacts(session, product) : succeed({});
  if (!target.ok) return target;
  return succeed(mergeFacts(own.value, source.value, ci.value, target.value, supposed));
}

/** Where the product's first package that is published would go, as it is configured now. */
async function publishFacts(session: Session, product: OpenProduct): Promise<Outcome<Facts>> {
  const first = product.spec.value.packages.find(({ publish }) => publish);
  if (!first) return succeed({});
  const ecosystem = ECOSYSTEMS[first.ecosystem];
  const destination = destinationOf(session, product, ecosystem);
  if (!destination.ok) return destination;
  const manifest = await ecosystem.readManifest(directoryTree(product.path), first.path);
  if (!manifest.ok) return manifest;
  const registry = await ecosystem.registry({ url: destination.value?.url, signal: session.signal });
  if (!registry.ok) return registry;
  const { name, version = "0.0.0" } = manifest.value;
  const target = { ecosystem: first.ecosystem, registry: registry.value, name, version, digest: sha256("") };
  return succeed(targetFacts(session.organisation.constitution, "package.publish", target, {}));
}
