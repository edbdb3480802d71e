import type { Seen, Warned, Warning } from "./warn-schema.ts";

/** The warnings for a person: what, why, where it was seen and what fixed it there. */
export function warnLines({ conflicts, products, warnings }: Warned): string[] {
  if (conflicts === 0) return ["no build has failed over a dependency yet: there is nothing to warn of"];
  const count = (many: number, one: string) => `${many} ${one}${many === 1 ? "" : "s"}`;
  if (warnings.length === 0) {
    return [
      `none of ${count(products.length, "product")} asks for what failed elsewhere (${count(conflicts, "conflict")} known)`,
    ];
  }
  return [
    ...warnings.flatMap(linesOf),
    "",
    `${count(warnings.length, "warning")} in ${count(new Set(warnings.map(({ product }) => product)).size, "product")} of ${products.length}; ${count(conflicts, "conflict")} known`,
  ];
}

function linesOf({ product, package: name, asks, against, seen }: Warning): string[] {
  const verb = asks.locked ? "holds" : "asks for";
  const head = `● ${product} ${asks.file}:${asks.line} ${verb} ${name} ${asks.range}`;
  const why = against
    ? `    ${name} ${against.wants ? `wants ${against.package} ${against.wants}; ` : `cannot be had with ${against.package}; `}${against.asks.file}:${against.asks.line} ${against.asks.locked ? "holds" : "asks for"} ${against.package} ${against.asks.range}`
    : `    no version of ${name} in ${seen[0]?.requested} could be had`;
  return [head, why, ...seen.map((one) => `    ${seenText(one, product, name)}`)];
}

function seenText({ product, commit, at, requested, met, fix, over, now }: Seen, about: string, name: string): string {
  const where = product === about ? "seen here" : `seen in ${product}`;
  const what = `${where} at ${commit.slice(0, 7)} on ${at.slice(0, 10)} with ${name} ${requested}${met ? ` against ${met}` : ""}`;
  const by = fix
    ? `; fixed by ${fix.commit.slice(0, 7)}${fix.subject ? ` ${fix.subject}` : ""}${fix.template ? ` (template ${fix.template})` : ""}`
    : "";
  const instead = now.map((one) => `${one.package} ${one.range} (${one.file}:${one.line})`).join(" and ");
  const since = over ? `; it now asks for ${instead === "" ? "neither" : instead}` : fix ? "" : "; not fixed yet";
  return `${what}${by}${since}`;
}
