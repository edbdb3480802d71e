import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type BadLuckWorld, badLuckWorld, GOOD } from "./bad-luck-world.ts";

let world: BadLuckWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** A second repository, as its people have it, before it is taken in. */
async function newcomer(at: BadLuckWorld): Promise<string> {
  const folder = join(at.root, "refunds");
  for (const [path, text] of Object.entries(GOOD)) at.write(path, text.replaceAll("payments", "refunds"), folder);
  rmSync(join(folder, "SPEC.md"));
  execFileSync("git", ["init", "-q", "-b", "main"], { cwd: folder });
  await at.commit("feat: begin", folder);
  return folder;
}

test("a second product joins the organisation that is there, once its listing is committed", async () => {
  world = await badLuckWorld();
  const { tell, organisation, commit } = world;
  const cwd = await newcomer(world);
  const told = `git -C ${organisation} commit --all --message "feat: refunds joins the fleet"`;
  const first = await tell(["init", "--company", "acme"], { cwd });
  expect([first.code, (first.result.data as { next: string[] }).next]).toEqual([0, expect.arrayContaining([told])]);
  const early = await tell(["run"], { cwd });
  expect([early.code, early.codes, early.stderr]).toEqual([
    3,
    ["spec.unknown_product"],
    expect.stringContaining("as codemonkeys init does, and commit that"),
  ]);
  // Asked again, it says again what is left to do.
  expect((await tell(["init"], { cwd })).result.data).toMatchObject({ next: expect.arrayContaining([told]) });
  await commit("feat: refunds joins the fleet", organisation);
  expect((await tell(["init"], { cwd })).result.data).toMatchObject({
    next: ["codemonkeys generate", "codemonkeys run"],
  });
  expect((await tell(["run"], { cwd })).code).toBe(0);
});

test("a Go module gets its stages; where there is nothing to go by, init and run say so", async () => {
  world = await badLuckWorld();
  const { tell, organisation, commit } = world;
  const cwd = await newcomer(world);
  for (const path of ["package.json", "test", "src"]) rmSync(join(cwd, path), { recursive: true });
  const bare = await tell(["init", "--company", "acme"], { cwd });
  expect([bare.code, bare.result.summary]).toEqual([
    0,
    expect.stringContaining("say in SPEC.md how the product is built"),
  ]);
  await commit("feat: refunds joins the fleet", organisation);
  const empty = await tell(["run"], { cwd });
  expect([empty.code, empty.codes]).toEqual([0, expect.arrayContaining(["run.no_stages"])]);
  rmSync(join(cwd, "SPEC.md"));
  world.write("go.mod", "module refunds\n", cwd);
  const done = await tell(["init", "--company", "acme"], { cwd });
  expect(done.result.summary).toMatch(/test +go test \.\/\.\.\. +from go\.mod/);
  expect(readFileSync(join(cwd, "SPEC.md"), "utf8")).toContain("# inferred from go.mod; they are yours to change");
  const planned = await tell(["plan"], { cwd });
  expect(planned.result.summary).toContain("go test ./...");
});

test("takes in what is a package, and tells which manifests it leaves out", async () => {
  world = await badLuckWorld();
  const cwd = await newcomer(world);
  world.write("bin/package.json", '{ "type": "module" }\n', cwd);
  world.write("legacy/package.json", '{ "name": "legacy", \n', cwd);
  const done = await world.tell(["init", "--company", "acme"], { cwd });
  expect([done.code, done.result.diagnostics.map(({ where }) => where?.file)]).toEqual([0, ["legacy/package.json"]]);
  expect(readFileSync(join(cwd, "SPEC.md"), "utf8").match(/path: .*/g)).toEqual(["path: ."]);
});
