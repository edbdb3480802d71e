import { rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BadLuckWorld, BROKEN, badLuckWorld } from "./bad-luck-world.ts";

let world: BadLuckWorld;
beforeEach(async () => {
  world = await badLuckWorld();
});
afterEach(() => world.close());

async function breakIt(): Promise<void> {
  world.write("src/vat.js", BROKEN["src/vat.js"]);
  await world.commit("feat: break");
  await world.git("push", "-q", "origin", "main");
  expect((await world.tell(["run"])).code).toBe(1);
}

const remoteLog = () => world.git("--git-dir", world.remote, "log", "--format=%s", "main");

describe("a repository in an odd state", () => {
  test("a detached HEAD: it is built, and what it broke is healed on the branch it came from", async () => {
    await world.git("checkout", "-q", "--detach");
    for (const command of ["run", "generate"]) expect((await world.tell([command])).code).toBe(0);
    await world.git("checkout", "-q", "--force", "main");
    await breakIt();
    await world.git("checkout", "-q", "--detach");
    const told = await world.tell(["heal"]);
    expect(told.code).toBe(0);
    expect(await remoteLog()).toMatch(/^fix: .*\nfeat: break\nfeat: begin$/);
  });

  test("a detached HEAD beside the branch is not released", async () => {
    await world.git("checkout", "-q", "--detach");
    world.write("src/more.js", "export const more = 1;\n");
    await world.commit("feat: beside the branch");
    const told = await world.tell(["release"]);
    expect(told.code).not.toBe(70);
    expect(await world.git("ls-remote", "--tags", "origin")).toBe("");
    expect(await remoteLog()).toBe("feat: begin");
    expect(told.code).toBeGreaterThan(0);
  });

  test("a dirty tree: the build says that it counts for no commit, and heal leaves the changes alone", async () => {
    world.write("notes.txt", "mine\n");
    expect(await world.tell(["run"])).toMatchObject({ code: 0, codes: ["build.uncommitted_changes"] });
    rmSync(join(world.product, "notes.txt"));
    await breakIt();
    world.write("notes.txt", "mine\n");
    expect((await world.tell(["heal"])).code).toBe(0);
    expect(await remoteLog()).toMatch(/^fix: /);
    expect(await world.git("status", "--porcelain", "notes.txt")).toBe("?? notes.txt");
    expect(await world.git("--git-dir", world.remote, "ls-tree", "--name-only", "main")).not.toContain("notes.txt");
  });

  test("a shallow clone: a release needs the whole history, exit 3", async () => {
    world.write("src/more.js", "export const more = 1;\n");
    await world.commit("feat: more");
    await world.git("push", "-q", "origin", "main");
    const shallow = join(world.root, "shallow");
    await execa("git", ["clone", "-q", "--depth", "1", `file://${world.remote}`, shallow], { env: world.env });
    const told = await world.tell(["release"], { cwd: shallow });
    expect(told).toMatchObject({ code: 3, codes: ["git.shallow"] });
    expect(told.result.diagnostics[0]?.next).toMatch(/unshallow/);
    expect((await world.tell(["run"], { cwd: shallow })).code).toBe(0);
  });

  test("no remote: it builds and heals on this machine; a release says what is missing, exit 3", async () => {
    await breakIt();
    await world.git("remote", "remove", "origin");
    expect((await world.tell(["run"])).code).toBe(1);
    expect(await world.tell(["release"])).toMatchObject({ code: 3, codes: ["git.no_remote"] });
    const healed = await world.tell(["heal"]);
    expect(healed).toMatchObject({ code: 0, result: { data: { verdict: "fixed", pushed: false } } });
    expect(await world.git("log", "--format=%s", "main")).toMatch(/^fix: .*\nfeat: break\nfeat: begin$/);
    expect(await remoteLog()).toBe("feat: break\nfeat: begin");
  });

  test("no commit at all: exit 1", async () => {
    const empty = join(world.root, "empty");
    await execa("git", ["init", "-q", empty], { env: world.env });
    world.write("SPEC.md", "---\nproduct: payments\ncompany: acme\n---\n# Payments\n", empty);
    expect(await world.tell(["run"], { cwd: empty })).toMatchObject({ code: 1, codes: ["git.no_commits"] });
  });

  test("file names that are no UTF-8: it is built, generated and healed", async () => {
    const script = `printf 'x\\n' > "$(printf 'caf\\351\\n.txt')" && git add -A && git -c user.name=T -c user.email=t@l commit -q -m 'feat: odd name' && git push -q origin main`;
    await execa("sh", ["-c", script], { cwd: world.product, env: world.env });
    expect((await world.tell(["run"])).code).toBe(0);
    expect((await world.tell(["generate", "--check"])).code).not.toBe(70);
    await breakIt();
    expect((await world.tell(["heal"])).code).toBe(0);
    expect(await remoteLog()).toMatch(/^fix: /);
    const names = await world.git("--git-dir", world.remote, "ls-tree", "-r", "--name-only", "main");
    expect(names).toContain("caf\\351\\n.txt");
  });
});
