import { establish } from "../constitution/probe.ts";
import { canonicalJson } from "../core/canonical.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import { standingOf } from "../pipeline/fleet.ts";
import type { OpenOrganisation, OpenProduct } from "../pipeline/session.ts";
import type { Swarm } from "../swarm/open.ts";
import { getProduct } from "../swarm/products.ts";

/** What the fleet file, the spec and the database say of a product. The organisation's tier counts before the spec's. */
export async function productFacts(
  swarm: Swarm,
  product: OpenProduct,
  organisation: OpenOrganisation,
): Promise<Outcome<Facts>> {
  const row = await getProduct(swarm, product.company, product.name);
  if (!row.ok) return row;
  const { tier, priority, tierPlace } = standingOf(product.spec, organisation.fleet);
  const values = {
    "product.name": product.name,
    "product.company": product.company,
    "product.tier": tier,
    "product.priority": priority,
    "product.ecosystems": [...new Set(product.spec.value.packages.map(({ ecosystem }) => ecosystem))],
    ...(row.value ? { "product.lifecycle": row.value.lifecycle } : {}),
  } as const;
  return succeed(establish("product", canonicalJson(values), values, tierPlace ?? product.spec.place(["product"])));
}
