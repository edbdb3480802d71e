import { afterEach, expect, it, vi } from "vitest";
import type { Handover, StepResult } from "../../src/core/result.ts";
import { BREAKING, GOOD_PRODUCT, LOOP_RULES, type SpineWorld, spineWorld } from "./spine-world.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let world: SpineWorld;
afterEach(() => world.close());

const two = async () => {
  world = await spineWorld({ files: GOOD_PRODUCT });
  await world.govern(LOOP_RULES, "zones: two\n");
};
const tips = () => world.gitIn(world.origin, "for-each-ref", "--format=%(objectname) %(refname)");
const codes = (result: StepResult) => result.diagnostics.map(({ code }) => code);
const act = (step: string, { run, digests }: Handover, ...more: string[]) =>
  world.result(step, "--half", "act", "--take", run, ...digests.flatMap((one) => ["--digest", one]), ...more);
function left(result: StepResult): Handover {
  expect(result.verdict).toBe("waiting");
  if (!result.handover) throw new Error("nothing was handed over");
  return result.handover;
}

it("a heal is proven in one half and landed in the other, with the bytes that were handed over", async () => {
  await two();
  await world.change("feat: refactor", BREAKING);
  expect((await world.run("run")).code).toBe(1);
  const before = await tips();
  const handover = left(await world.result("heal"));
  expect([handover.job, handover.path, handover.digests.length, await tips()]).toEqual([
    "land",
    "acme/_act/land",
    2,
    before,
  ]);

  const other = { ...handover, digests: ["a".repeat(64), handover.digests[1] as string] };
  expect(codes(await act("heal", other))[0]).toBe("half.other_digests");
  expect(codes(await world.result("heal", "--half", "act"))[0]).toBe("half.no_run");
  expect(await tips()).toBe(before);
  const elsewhere = await world.runWith(
    { JENKINS_URL: "http://jenkins.invalid/", NODE_LABELS: "linux work-1" },
    ...["heal", "--half", "act", "--take", handover.run],
  );
  expect([elsewhere.code, elsewhere.stderr]).toEqual([5, expect.stringContaining("codemonkeys-act")]);

  const landed = await act("heal", handover);
  expect([landed.verdict, codes(landed)]).toEqual(["success", []]);
  const after = await tips();
  expect(after).not.toBe(before);
  await act("heal", handover);
  expect(await tips()).toBe(after);
});

it("a release is built in one half and published in the other, for whoever asked for it", async () => {
  await two();
  const handover = left(await world.result("release"));
  expect([handover.job, await world.gitIn(world.origin, "tag")]).toEqual(["publish", ""]);
  const done = await world.runWith(
    { CODEMONKEYS_REQUESTER: "jenkins" },
    ...["release", "--half", "act", "--take", handover.run, "--json"],
    ...handover.digests.flatMap((one) => ["--digest", one]),
  );
  expect([JSON.parse(done.stdout).verdict, await world.gitIn(world.origin, "tag")]).toEqual(["success", "v1.0.0"]);
  const tagged = await world.run("audit", "show", "--action", "release.tag");
  expect(tagged.stdout).toContain("zoe");
});
