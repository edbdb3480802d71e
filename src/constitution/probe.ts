import { sha256 } from "../core/canonical.ts";
import type { SourcePlace } from "../core/diagnostic.ts";
import type { Fact, FactName, FactSource, Facts, FactValue } from "../core/facts.ts";
import { hasFactType } from "./fact-paths.ts";

/** Facts made by `establish` in this process, by identity: the gate takes no others. */
const established = new WeakSet<Fact>();

/**
 * Makes facts of what a probe saw. The only maker of facts that a gate accepts. A probe calls it right where it looks.
 *
 * @param probe who looked, dotted: `git.status`, `npm.view`
 * @param evidence what was seen (a command's output, a file, an answer); its SHA-256 goes with each fact into the audit
 * @param values the facts; a value that could not be found out is left `undefined`, which makes it unknown
 * @param place where a person can read it themselves, when there is such a place
 * @throws TypeError for a value that is not of the fact's declared type: a programming error of the probe
 */
export function establish(
  probe: string,
  evidence: string | Uint8Array,
  values: { readonly [N in FactName]?: FactValue<N> | undefined },
  place?: SourcePlace,
): Facts {
  const source: FactSource = Object.freeze({ probe, evidence: sha256(evidence), ...(place ? { place } : {}) });
  const facts: Partial<Record<FactName, Fact>> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const name = key as FactName;
    if (!hasFactType(name, value)) throw new TypeError(`the probe ${probe} gave ${name} a value of the wrong type`);
    const kept = Array.isArray(value) ? Object.freeze([...value]) : value;
    const fact = Object.freeze({ name, value: kept, source }) as unknown as Fact;
    established.add(fact);
    facts[name] = fact;
  }
  return Object.freeze(facts) as Facts;
}

/** Several probes' facts as one; where two know the same fact, the later one counts. */
export function mergeFacts(...facts: readonly Facts[]): Facts {
  return Object.freeze(Object.assign({}, ...facts)) as Facts;
}

/** Names of facts that no probe of this process made. */
export function forgedFacts(facts: Facts): string[] {
  return Object.entries(facts)
    .filter(([name, fact]) => fact && !(established.has(fact) && fact.name === name))
    .map(([name]) => name);
}

/**
 * Facts that are only supposed: a test's, a recorded decision's, a what-if of `explain`. Good for `decide`; no gate takes
 * them.
 */
export function supposedFacts(
  values: Iterable<readonly [FactName, unknown]>,
  source: FactSource = { probe: "supposed", evidence: "" },
): Facts {
  const facts: Partial<Record<FactName, Fact>> = {};
  for (const [name, value] of values) facts[name] = { name, value, source } as unknown as Fact;
  return facts as Facts;
}
