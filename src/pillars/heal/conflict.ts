import { type EcosystemId, normalizedName } from "../../ecosystems/index.ts";
import type { Conflict } from "../../swarm/conflicts.ts";
import type { BuildFailure } from "./read/report.ts";

/** Tools that fetch packages, and the ecosystem that they fetch them from. */
const ECOSYSTEM_OF: Readonly<Record<string, EcosystemId>> = {
  npm: "npm",
  pnpm: "npm",
  yarn: "npm",
  pip: "pypi",
  uv: "pypi",
  poetry: "pypi",
  cargo: "cargo",
};

/** What a failure says of packages that cannot be had; undefined where it is about something else, or does not name them. */
export function conflictOf({ tool, category, captures }: BuildFailure): Conflict | undefined {
  const ecosystem = ECOSYSTEM_OF[tool];
  if (ecosystem === undefined) return undefined;
  if (category !== "dependency_conflict" && category !== "dependency_resolution") return undefined;
  const { asked_package, asked_range, against_package, against_wants, against_met } = captures;
  const name = asked_package ?? captures.package;
  const requested = asked_range ?? captures.version;
  if (name === undefined || requested === undefined) return undefined;
  const spelled = (written: string) => (ecosystem === "pypi" ? normalizedName(written) : written);
  return {
    ecosystem,
    package: spelled(name),
    requested,
    ...(against_package === undefined
      ? {}
      : { against: { package: spelled(against_package), wants: against_wants, met: against_met } }),
  };
}
