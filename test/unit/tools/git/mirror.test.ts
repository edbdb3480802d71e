import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localCommit, mirroredFiles, remoteCommit } from "../../../../src/tools/git/mirror.ts";

let scratch: string;
let mirror: { directory: string; url: string; ref: string };

const git = (cwd: string, ...args: string[]) =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], { cwd, encoding: "utf8" });

async function commit(name: string, data: string | Buffer): Promise<string> {
  await writeFile(join(mirror.url, name), data);
  git(mirror.url, "add", "-A");
  git(mirror.url, "commit", "-q", "-m", "change");
  return git(mirror.url, "rev-parse", "HEAD").trim();
}

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  mirror = { directory: join(scratch, "mirror.git"), url: join(scratch, "remote"), ref: "main" };
  git(scratch, "init", "-q", "-b", "main", mirror.url);
  await commit("a.yaml", "one: ünï\n");
  git(scratch, "clone", "-q", "--bare", mirror.url, mirror.directory);
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

/** The files of the remote's newest commit, as far as the mirror has it. */
async function files(paths: string[], of = mirror) {
  const commit = await remoteCommit(of, of.directory);
  if (!commit.ok || commit.value === undefined) return commit;
  return await mirroredFiles({ directory: of.directory, commit: commit.value }, paths);
}

describe("files of a mirror", () => {
  test("are read at the remote's commit, and what is not there is told", async () => {
    const head = git(mirror.url, "rev-parse", "HEAD").trim();
    expect(await files(["a.yaml", "b.yaml"])).toMatchObject({
      ok: true,
      value: { commit: head, texts: ["one: ünï\n", undefined] },
    });
  });

  test("are not read when the remote has a newer commit, or no such branch", async () => {
    await commit("a.yaml", "two: 2\n");
    expect(await files(["a.yaml"])).toMatchObject({ ok: true, value: undefined });
    expect(await files(["a.yaml"], { ...mirror, ref: "next" })).toMatchObject({ ok: true, value: undefined });
  });

  test("that are folders or no UTF-8 are left to the long way", async () => {
    await commit("latin.yaml", Buffer.from([0x6e, 0xe9, 0x0a]));
    git(mirror.directory, "fetch", "-q", mirror.url, "main:main");
    expect(await files(["latin.yaml"])).toMatchObject({ ok: true, value: undefined });
    expect(await files([""])).toMatchObject({ ok: true, value: undefined });
  });

  test("a remote that cannot be asked is a failure", async () => {
    expect(await files(["a.yaml"], { ...mirror, url: join(scratch, "nowhere") })).toMatchObject({ ok: false });
  });

  test("no configuration of the mirror takes part in asking the remote", async () => {
    git(mirror.directory, "config", `url.${join(scratch, "elsewhere")}.insteadOf`, mirror.url);
    expect(await files(["a.yaml"])).toMatchObject({ ok: true, value: { texts: ["one: ünï\n"] } });
  });
});

describe("the newest commit of a repository on this machine", () => {
  test("is read without git, in a work tree and in a bare one, and follows each commit", async () => {
    const first = git(mirror.url, "rev-parse", "HEAD").trim();
    expect(localCommit(mirror)).toBe(first);
    const second = await commit("a.yaml", "two: 2\n");
    expect(localCommit(mirror)).toBe(second);
    git(mirror.directory, "update-ref", "refs/heads/side/line", first);
    expect(localCommit({ url: mirror.directory, ref: "side/line" })).toBe(first);
  });

  test("is left to git where it does not stand in a file of its own", async () => {
    git(mirror.url, "pack-refs", "--all");
    expect(localCommit(mirror)).toBeUndefined();
    git(mirror.url, "symbolic-ref", "refs/heads/alias", "refs/heads/main");
    expect(localCommit({ ...mirror, ref: "alias" })).toBeUndefined();
    git(mirror.url, "worktree", "add", "-q", join(scratch, "tree"), "-b", "other");
    expect(localCommit({ url: join(scratch, "tree"), ref: "other" })).toBeUndefined();
    expect(localCommit({ ...mirror, ref: "absent" })).toBeUndefined();
    expect(localCommit({ url: "https://127.0.0.1/x.git", ref: "main" })).toBeUndefined();
    expect(localCommit({ url: join(scratch, "nowhere"), ref: "main" })).toBeUndefined();
  });
});
