import { expect, test } from "vitest";
import { listConflicts, recordConflict } from "../../../../src/swarm/conflicts.ts";
import { markFixed, patternHistory, recordOccurrence } from "../../../../src/swarm/patterns.ts";
import { openReader } from "../../../../src/swarm/reader.ts";
import {
  recordTemplateOutcome,
  revokeTemplate,
  saveTemplate,
  shareTemplate,
  templatesFor,
  templateTrust,
} from "../../../../src/swarm/templates.ts";
import { recordTiming, stagePasses } from "../../../../src/swarm/timings.ts";
import { HALF_LIFE_MS } from "../../../../src/swarm/trust.ts";
import { code, locate, type MakePlace, START, useSwarm, value } from "./support.ts";

/** What the Swarm learns: failures seen and fixed, the fixes that worked, how long stages take. */
export function learningSuite(make: MakePlace): void {
  const at = useSwarm(make);
  const seen = {
    company: "acme",
    product: "payments",
    occurrence: "o-1",
    pattern: "p-missing-module",
    category: "missing_dependency",
    tool: "node",
    commit: "c1",
    stage: "test",
  };
  const wanted = { company: "acme", pattern: "p-missing-module", ecosystem: "npm" };
  const learned = {
    ...wanted,
    edit: { add: "left-pad" },
    learnedFrom: { product: "payments", commit: "c2", run: "r-1" },
    source: "learned" as const,
  };

  test("a failure counts once however often it is read, and others count for themselves", async () => {
    expect(value(await patternHistory(at.swarm, wanted))).toEqual({
      seen: 0,
      products: 0,
      fixed: 0,
      firstSeen: undefined,
      lastSeen: undefined,
    });
    value(await recordOccurrence(at.swarm, seen));
    at.clock.time += 10;
    value(await recordOccurrence(at.swarm, seen));
    value(await recordOccurrence(at.swarm, { ...seen, commit: "c9" }));
    value(await recordOccurrence(at.swarm, { ...seen, product: "shop", occurrence: "o-2" }));
    value(await recordOccurrence(at.swarm, { ...seen, company: "globex" }));
    value(await recordOccurrence(at.swarm, { ...seen, pattern: "p-other", occurrence: "o-3" }));
    expect(value(await patternHistory(at.swarm, wanted))).toEqual({
      seen: 3,
      products: 2,
      fixed: 0,
      firstSeen: START,
      lastSeen: START + 10,
    });
  });

  test("a fix is noted for the product's unfixed failures of that occurrence", async () => {
    value(await recordOccurrence(at.swarm, seen));
    value(await recordOccurrence(at.swarm, { ...seen, product: "shop" }));
    const fix = { company: "acme", product: "payments", occurrence: "o-1", commit: "c2", run: "r-1" };
    expect(value(await markFixed(at.swarm, { ...fix, template: "t-1" }))).toBe(1);
    expect(value(await markFixed(at.swarm, { ...fix, template: "t-2" }))).toBe(0);
    expect(value(await patternHistory(at.swarm, wanted))).toMatchObject({ seen: 2, fixed: 1, lastTemplate: "t-1" });
  });

  test("a conflict is noted once, stays in its company, and knows its fix", async () => {
    const conflict = {
      ecosystem: "npm",
      package: "widget",
      requested: "^2.0.0",
      against: { package: "react", wants: "^17.0.0", met: "^18.0.0" },
    };
    const noted = { company: "acme", product: "payments", occurrence: "o-1", commit: "c1", conflict };
    value(await recordConflict(at.swarm, noted));
    at.clock.time += 10;
    value(await recordConflict(at.swarm, { ...noted, commit: "c2" }));
    const gone = { ecosystem: "npm", package: "ms", requested: "99.0.0" };
    value(await recordConflict(at.swarm, { ...noted, company: "globex", conflict: gone }));
    const one = { ...noted, commit: "c2", firstSeen: START, lastSeen: START + 10 };
    expect(value(await listConflicts(at.swarm, "acme"))).toEqual([one]);
    expect(value(await listConflicts(at.swarm, "globex"))).toMatchObject([{ conflict: gone }]);

    value(await recordOccurrence(at.swarm, { ...seen, commit: "c2" }));
    value(
      await markFixed(at.swarm, {
        company: "acme",
        product: "payments",
        occurrence: "o-1",
        commit: "c3",
        run: "r-1",
        template: "t-1",
      }),
    );
    expect(value(await listConflicts(at.swarm, "acme"))).toEqual([{ ...one, fix: { commit: "c3", template: "t-1" } }]);
  });

  test("a learned template has one success; four more and its trust is 6/7", async () => {
    const id = value(await saveTemplate(at.swarm, learned));
    expect(id).toMatch(/^t-[0-9a-f]{12}$/);
    const [first] = value(await templatesFor(at.swarm, wanted));
    expect(first).toMatchObject({
      id,
      edit: { add: "left-pad" },
      learnedFrom: learned.learnedFrom,
      worked: 1,
      failed: 0,
    });
    expect(first?.trust).toBeCloseTo(2 / 3, 10);
    for (const use of ["a", "b", "c", "d"]) value(await recordTemplateOutcome(at.swarm, id, "worked", { use }));
    expect(value(await templatesFor(at.swarm, wanted))[0]?.trust).toBeCloseTo(6 / 7, 10);
  });

  test("the same fix learned again is the same template, and one use counts once", async () => {
    const id = value(await saveTemplate(at.swarm, learned));
    expect(value(await saveTemplate(at.swarm, { ...learned, edit: { add: "left-pad" } }))).toBe(id);
    value(await recordTemplateOutcome(at.swarm, id, "worked", { use: "r-2" }));
    value(await recordTemplateOutcome(at.swarm, id, "worked", { use: "r-2" }));
    expect(value(await templatesFor(at.swarm, wanted))).toMatchObject([{ worked: 2 }]);
    expect(value(await saveTemplate(at.swarm, { ...learned, ecosystem: "pypi" }))).not.toBe(id);
  });

  test("trust fades towards one half with age", async () => {
    const id = value(await saveTemplate(at.swarm, learned));
    value(await recordTemplateOutcome(at.swarm, id, "worked"));
    at.clock.time += HALF_LIFE_MS;
    expect(value(await templatesFor(at.swarm, wanted))[0]?.trust).toBeCloseTo(2 / 3, 10);
    at.clock.time += 20 * HALF_LIFE_MS;
    expect(value(await templatesFor(at.swarm, wanted))[0]?.trust).toBeCloseTo(0.5, 5);
  });

  test("the template whose newest use failed stands behind all others, until it works again", async () => {
    const tried = value(await saveTemplate(at.swarm, learned));
    for (let use = 0; use < 9; use += 1) value(await recordTemplateOutcome(at.swarm, tried, "worked"));
    const young = value(await saveTemplate(at.swarm, { ...learned, edit: { add: "right-pad" }, source: "model" }));
    const order = async () => value(await templatesFor(at.swarm, wanted)).map((template) => template.id);
    expect(await order()).toEqual([tried, young]);
    value(await recordTemplateOutcome(at.swarm, tried, "failed"));
    expect(await order()).toEqual([young, tried]);
    expect(value(await templatesFor(at.swarm, wanted))[1]).toMatchObject({ demoted: true, failed: 1 });
    value(await recordTemplateOutcome(at.swarm, tried, "worked"));
    expect(await order()).toEqual([tried, young]);
  });

  test("templates are of one ecosystem, and a revoked one stays revoked", async () => {
    const npm = value(await saveTemplate(at.swarm, learned));
    const pypi = value(await saveTemplate(at.swarm, { ...learned, ecosystem: "pypi" }));
    expect(value(await templatesFor(at.swarm, { ...wanted, ecosystem: "pypi" }))).toMatchObject([{ id: pypi }]);
    value(await revokeTemplate(at.swarm, npm, "it hid a real fault"));
    expect(value(await templatesFor(at.swarm, wanted))).toEqual([]);
    expect(value(await saveTemplate(at.swarm, learned))).toBe(npm);
    expect(value(await templatesFor(at.swarm, wanted))).toEqual([]);
  });

  test("a template stays in its company; a shared one is seen without what belongs to that company", async () => {
    const id = value(await saveTemplate(at.swarm, learned));
    const globex = { ...wanted, company: "globex" };
    expect(value(await templatesFor(at.swarm, { ...globex, shared: ["acme"] }))).toEqual([]);
    value(await shareTemplate(at.swarm, id, { add: "{module}" }));
    expect(value(await templatesFor(at.swarm, globex))).toEqual([]);
    const [shared] = value(await templatesFor(at.swarm, { ...globex, shared: ["acme"] }));
    expect(value(await templatesFor(at.swarm, { ...globex, shared: ["initech"] }))).toEqual([]);
    expect(shared).toMatchObject({ id, shared: true, edit: { add: "{module}" } });
    expect(JSON.stringify(shared)).not.toMatch(/left-pad|payments|acme/);
    expect(value(await templatesFor(at.swarm, wanted))[0]?.edit).toEqual({ add: "left-pad" });
    value(await recordTemplateOutcome(at.swarm, id, "failed", { company: "globex", product: "x" }));
    expect(value(await templatesFor(at.swarm, wanted))[0]).toMatchObject({ failed: 1, demoted: true });
    value(await shareTemplate(at.swarm, id, null));
    expect(value(await templatesFor(at.swarm, { ...globex, shared: ["acme"] }))).toEqual([]);
  });

  test("an unknown template is said to be so", async () => {
    expect(code(await recordTemplateOutcome(at.swarm, "t-none", "worked"))).toBe("swarm.unknown_template");
    expect(code(await revokeTemplate(at.swarm, "t-none", "x"))).toBe("swarm.unknown_template");
    expect(code(await shareTemplate(at.swarm, "t-none", {}))).toBe("swarm.unknown_template");
  });

  test("a stage's newest passes, oldest first, and only those", async () => {
    const stage = { company: "acme", product: "payments", stage: "test" };
    for (let run = 0; run < 110; run += 1) {
      at.clock.time += 1;
      value(await recordTiming(at.swarm, { ...stage, commit: `c${run}`, state: "passed", durationMs: run }));
    }
    value(await recordTiming(at.swarm, { ...stage, commit: "c", state: "failed", durationMs: 1 }));
    value(await recordTiming(at.swarm, { ...stage, product: "shop", commit: "c", state: "passed", durationMs: 1 }));
    const reader = value(await openReader(locate(at.place)));
    const passes = value(await stagePasses(reader));
    await reader.close();
    const own = passes.filter(({ product }) => product === "payments");
    expect(own.map((pass) => pass.duration_ms)).toEqual(Array.from({ length: 100 }, (_, index) => index + 10));
    expect(passes.filter(({ product }) => product === "shop")).toHaveLength(1);
  });

  test("a template's trust, until it is revoked", async () => {
    const id = value(await saveTemplate(at.swarm, learned));
    expect(value(await templateTrust(at.swarm, id))).toBeCloseTo(2 / 3, 10);
    value(await revokeTemplate(at.swarm, id, "wrong"));
    expect(value(await templateTrust(at.swarm, id))).toBeUndefined();
    expect(value(await templateTrust(at.swarm, "t-none"))).toBeUndefined();
  });
}
