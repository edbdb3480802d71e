import { expect, test } from "vitest";
import { planRun, REQUESTS } from "../../crash/plan.ts";
import { simulate } from "../../crash/simulated.ts";
import { createWorld, endState, judge, type World } from "../../crash/world.ts";

// The harness itself: `npm run test:crash` runs it at full length. A judge that sees nothing would prove nothing.
function done(): World {
  const world = createWorld();
  Object.assign(world.done, { commit: ["c"], push: ["c"], tag: ["v"], npm: ["bytes"], pypi: ["bytes"] });
  world.built = 1;
  world.hooks.push({ key: "k", value: "v" });
  return world;
}

test("the judge finds nothing wrong with a whole world, and a repeated delivery under one key is right", () => {
  const world = done();
  world.hooks.push({ key: "k", value: "v" });
  expect(judge(world, "bytes")).toEqual({ duplicates: 0, missing: 0, tagsWithoutArtefacts: 0 });
  expect(endState(world)).toBe(endState(done()));
});

test("the judge sees an effect done twice, one that is missing, a second key, and a tag without its packages", () => {
  const twice = done();
  twice.done.tag.push("v");
  expect(judge(twice, "bytes").duplicates).toBe(1);
  const keys = done();
  keys.hooks.push({ key: "other", value: "v" });
  expect(judge(keys, "bytes").duplicates).toBe(1);
  const unpublished = done();
  unpublished.done.pypi.length = 0;
  expect(judge(unpublished, "bytes")).toEqual({ duplicates: 0, missing: 1, tagsWithoutArtefacts: 1 });
  expect(judge(done(), "other bytes").tagsWithoutArtefacts).toBe(1);
  const silent = done();
  silent.hooks.length = 0;
  expect(judge(silent, "bytes").missing).toBe(1);
});

test("the plans of a full campaign kill at every boundary, and before and after every request", () => {
  const boundaries = 140;
  const places = new Set<string>();
  for (let run = 0; run < 5000; run += 1) {
    const [death] = planRun(run, boundaries, 1).deaths;
    if (death?.by === "boundary") places.add(`boundary ${death.at}`);
    if (death?.by === "world") places.add(`request ${death.request} ${death.when}`);
  }
  expect(places.size).toBe(boundaries + 2 * REQUESTS);
});

test("a small campaign of killed processes ends as if nothing had happened", { timeout: 120_000 }, async () => {
  const result = await simulate({ runs: 20, seed: 7, progress: () => {} });
  expect(result).toMatchObject({ duplicates: 0, missing: 0, tagsWithoutArtefacts: 0, different: [] });
  expect(result.runs).toBeGreaterThanOrEqual(20);
  expect(result.kills.boundary).toBeGreaterThan(0);
});
