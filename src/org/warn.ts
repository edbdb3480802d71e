import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { type Asked, askedPackages } from "../ecosystems/index.ts";
import type { FleetProduct } from "../pipeline/fleet.ts";
import type { Session } from "../pipeline/session.ts";
import { type KnownConflict, listConflicts } from "../swarm/conflicts.ts";
import { hitsOf } from "./about-to-hit.ts";
import { openProductTree, type ProductTree } from "./product-tree.ts";
import type { Seen, Warned, Warning } from "./warn-schema.ts";

interface ReadProduct {
  readonly company: string;
  readonly asked: readonly Asked[];
  readonly tree: ProductTree;
}

/** So many repositories are asked at a time. */
const AT_ONCE = 4;

/**
 * Which products ask for what could not be had elsewhere in their company. Products that cannot be read are named as
 * warnings; the others are told of all the same.
 *
 * @param only the product to warn; all of the fleet without it
 */
export async function warn(session: Session, only: string | undefined): Promise<Outcome<Warned>> {
  const { products } = session.organisation.fleet.value;
  const names = Object.keys(products).sort();
  if (only !== undefined && !Object.hasOwn(products, only)) return fail(unknownProduct(only, names));
  const about = names.filter((name) => only === undefined || name === only);
  const companies = [...new Set(about.map((name) => products[name]!.company))];
  const known: KnownConflict[] = [];
  for (const company of companies) {
    const listed = await listConflicts(session.swarm, company);
    if (!listed.ok) return listed;
    known.push(...listed.value);
  }
  // What was fixed elsewhere is read from there.
  const sources = new Set(known.map(({ product }) => product));
  const toRead = known.length === 0 ? [] : names.filter((name) => about.includes(name) || sources.has(name));
  const { read, unread } = await readAll(session, products, toRead, known);
  const warnings: Warning[] = [];
  for (const group of groups(known)) {
    const seen = await Promise.all(group.map((one) => seenOf(one, read.get(one.product))));
    for (const name of about) {
      const product = read.get(name);
      if (!product || product.company !== group[0].company) continue;
      const { conflict } = group[0];
      for (const { ask, against } of hitsOf(conflict, product.asked)) {
        warnings.push({
          product: name,
          company: product.company,
          ecosystem: conflict.ecosystem,
          package: conflict.package,
          asks: askOf(ask),
          ...(against && conflict.against
            ? {
                against: {
                  package: conflict.against.package,
                  ...(conflict.against.wants ? { wants: conflict.against.wants } : {}),
                  asks: askOf(against),
                },
              }
            : {}),
          seen: group.map((_one, index) => seen[index]!),
        });
      }
    }
  }
  warnings.sort((a, b) => names.indexOf(a.product) - names.indexOf(b.product));
  return succeed(
    { conflicts: groups(known).length, products: about.filter((name) => read.has(name)), warnings },
    unread,
  );
}

function unknownProduct(name: string, names: readonly string[]): Diagnostic {
  const meant = didYouMean(name, names);
  const message = `the fleet has no product ${name}${meant ? `; did you mean ${meant}?` : ""}`;
  return problem("config", "product.not_in_fleet", message, { next: `known: ${names.join(", ")}` });
}

async function readAll(
  session: Session,
  products: Readonly<Record<string, FleetProduct>>,
  names: readonly string[],
  known: readonly KnownConflict[],
): Promise<{ readonly read: ReadonlyMap<string, ReadProduct>; readonly unread: readonly Diagnostic[] }> {
  const wanted = new Set(
    known.flatMap(({ conflict: { ecosystem, package: name, against } }) => [
      `${ecosystem} ${name}`,
      ...(against ? [`${ecosystem} ${against.package}`] : []),
    ]),
  );
  const read = new Map<string, ReadProduct>();
  const unread: Diagnostic[] = [];
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const entry = products[name] as FleetProduct;
      const tree = await openProductTree(session, name, entry);
      if (!tree.ok) {
        const why = tree.diagnostics[0]?.message ?? "its repository did not answer";
        const message = `${name} cannot be read, and may ask for what failed elsewhere: ${why}`;
        const next = tree.diagnostics[0]?.next;
        unread.push(
          problem("infrastructure", "warn.unread", message, { severity: "warning", ...(next ? { next } : {}) }),
        );
        continue;
      }
      const { asked, unreadable } = await askedPackages(tree.value, (ecosystem, one) =>
        wanted.has(`${ecosystem} ${one}`),
      );
      read.set(name, { company: entry.company, asked, tree: tree.value });
      unread.push(
        ...unreadable.map((one) => ({ ...one, message: `${name}: ${one.message}`, severity: "warning" as const })),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { read, unread };
}

/** The same conflict of several products of a company, together; newest first. */
function groups(known: readonly KnownConflict[]): (readonly [KnownConflict, ...KnownConflict[]])[] {
  const by = Map.groupBy(known, ({ company, conflict }) =>
    JSON.stringify([
      company,
      conflict.ecosystem,
      conflict.package,
      conflict.requested,
      conflict.against?.package,
      conflict.against?.wants,
    ]),
  );
  return [...by.values()] as [KnownConflict, ...KnownConflict[]][];
}

/** Where a conflict was seen, what fixed it there, and what the product asks for now where it no longer meets it. */
async function seenOf(known: KnownConflict, product: ReadProduct | undefined): Promise<Seen> {
  const { conflict, fix } = known;
  const subject = fix && product ? await subjectOf(product.tree, fix.commit) : undefined;
  const over = product !== undefined && hitsOf(conflict, product.asked).length === 0;
  const now = over
    ? product.asked.filter(
        ({ name, locked }) => !locked && (name === conflict.package || name === conflict.against?.package),
      )
    : [];
  return {
    product: known.product,
    commit: known.commit,
    at: new Date(known.lastSeen).toISOString(),
    requested: conflict.requested,
    ...(conflict.against?.met ? { met: conflict.against.met } : {}),
    ...(fix ? { fix: { ...fix, ...(subject === undefined ? {} : { subject }) } } : {}),
    over,
    now: now.map((one) => ({ package: one.name, ...askOf(one) })),
  };
}

/** A commit that never reached the product's own branch has no subject here. */
async function subjectOf({ git }: ProductTree, commit: string): Promise<string | undefined> {
  const log = await git.log(commit, { limit: 1 });
  return log.ok ? log.value[0]?.subject : undefined;
}

function askOf({ range, file, line, locked }: Asked) {
  return { range, file, line, locked };
}
