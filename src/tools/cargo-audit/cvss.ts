/** Weights of CVSS 3.1's base metrics (specification, section 7.4); 3.0 has the same. */
const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { N: 0, L: 0.22, H: 0.56 },
  I: { N: 0, L: 0.22, H: 0.56 },
  A: { N: 0, L: 0.22, H: 0.56 },
};
const PRIVILEGES = { U: { N: 0.85, L: 0.62, H: 0.27 }, C: { N: 0.85, L: 0.68, H: 0.5 } } as const;

/** The base score of a CVSS 3.0 or 3.1 vector, 0 to 10; undefined for another version or a broken vector. */
export function baseScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\//.test(vector)) return undefined;
  const metrics = new Map(
    vector
      .split("/")
      .slice(1)
      .map((part) => part.split(":") as [string, string]),
  );
  const scope = metrics.get("S");
  if (scope !== "U" && scope !== "C") return undefined;
  const privileges = PRIVILEGES[scope][metrics.get("PR") as "N" | "L" | "H"];
  const weights = Object.fromEntries(Object.entries(WEIGHTS).map(([name, of]) => [name, of[metrics.get(name) ?? ""]]));
  const { AV, AC, UI, C, I, A } = weights;
  if ([AV, AC, UI, C, I, A, privileges].some((weight) => weight === undefined)) return undefined;
  const lost = 1 - (1 - (C as number)) * (1 - (I as number)) * (1 - (A as number));
  const impact = scope === "U" ? 6.42 * lost : 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * (AV as number) * (AC as number) * privileges * (UI as number);
  return roundUp(Math.min(scope === "U" ? impact + exploitability : 1.08 * (impact + exploitability), 10));
}

/** Up to one decimal place, without what floating point adds (appendix A of the specification). */
function roundUp(score: number): number {
  const whole = Math.round(score * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}
