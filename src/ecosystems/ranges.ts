import { intersects, subset, validRange } from "semver";
import type { EcosystemId } from "./ecosystem.ts";

/**
 * True when some version lies in both ranges, each in the ecosystem's own spelling. Python's versions are compared by
 * the first three numbers of their release. What is no range of versions (a tag, an address) meets only itself.
 */
export function rangesMeet(ecosystem: EcosystemId, a: string, b: string): boolean {
  if (a.trim() === b.trim()) return true;
  const [left, right] = [semverRange(ecosystem, a), semverRange(ecosystem, b)];
  if (left === undefined || right === undefined) return false;
  return intersects(left, right, { loose: true, includePrerelease: true });
}

/** True when every version of `inner` lies in `outer`; what is no range of versions lies only in itself. */
export function rangeWithin(ecosystem: EcosystemId, inner: string, outer: string): boolean {
  if (inner.trim() === outer.trim() || outer.trim() === "*") return true;
  const [small, large] = [semverRange(ecosystem, inner), semverRange(ecosystem, outer)];
  if (small === undefined || large === undefined) return false;
  return subset(small, large, { loose: true, includePrerelease: true });
}

/** The range as semver spells it; undefined when it is none. */
function semverRange(ecosystem: EcosystemId, range: string): string | undefined {
  const spelled =
    ecosystem === "cargo"
      ? cargoRange(range)
      : ecosystem === "pypi"
        ? pythonRange(range)
        : range.replace(/^workspace:/, "");
  return spelled === undefined ? undefined : (validRange(spelled, { loose: true }) ?? undefined);
}

/** Cargo's bare versions mean `^`, and commas mean "and". */
function cargoRange(requirement: string): string {
  return requirement
    .split(",")
    .map((part) => part.trim().replace(/^(?=\d)/, "^"))
    .join(" ");
}

/** PEP 440 specifiers, and Poetry's carets; undefined when one of them is neither. */
function pythonRange(specifiers: string): string | undefined {
  const parts: string[] = [];
  for (const one of specifiers.split(",").map((part) => part.trim())) {
    if (one === "" || one === "*") continue;
    const match = /^(===?|!=|<=|>=|~=|<|>|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?/.exec(one);
    if (!match) return undefined;
    const [, operator = "==", release, wildcard] = match as unknown as [string, string | undefined, string, string?];
    const numbers = release.split(".").slice(0, 3).map(Number);
    const [major = 0, minor = 0, patch = 0] = numbers;
    const full = `${major}.${minor}.${patch}`;
    // One version less of many: the others still meet.
    if (operator === "!=") continue;
    if (operator === "~=") parts.push(`>=${full} <${numbers.length > 2 ? `${major}.${minor + 1}` : major + 1}.0-0`);
    else if (operator.startsWith("==")) parts.push(wildcard ? `${numbers.join(".")}.x` : `=${full}`);
    else parts.push(`${operator}${operator === "~" && numbers.length === 1 ? major : full}`);
  }
  return parts.length === 0 ? "*" : parts.join(" ");
}
