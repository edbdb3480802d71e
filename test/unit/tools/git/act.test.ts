import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Target } from "../../../../src/core/action.ts";
import { type Git, openRepository } from "../../../../src/tools/git/git.ts";
import { allow, audited, codes, ok } from "../permit.ts";
import { put, raw, repository, scratch } from "./scratch.ts";

async function commitTarget(git: Git, branch: string, base: string, paths?: string[]): Promise<Target<"git.commit">> {
  const { treeDigest } = ok(await git.candidate({ base, ...(paths ? { paths } : {}) }));
  return { repository: git.identity, branch, base, tree_digest: treeDigest };
}

async function commit(git: Git, branch: string, base: string, message = "fix: it", paths?: string[]) {
  const target = await commitTarget(git, branch, base, paths);
  return git.commitAll(allow("git.commit", target), target, { message, ...(paths ? { paths } : {}) });
}

describe("commitAll", () => {
  test("commits on the branch that is checked out, with trailers, the given author and no hook", async () => {
    const { root, first } = repository();
    writeFileSync(join(root, ".git/hooks/pre-commit"), "#!/bin/sh\nexit 1\n");
    chmodSync(join(root, ".git/hooks/pre-commit"), 0o755);
    const git = ok(await openRepository(root, { author: { name: "Monkey", email: "m@example.test" } }));
    put(root, "a.txt", "two\n");
    put(root, "new/b.txt", "b\n");
    const target = await commitTarget(git, "main", first);
    const before = audited.length;
    const made = ok(
      await git.commitAll(allow("git.commit", target), target, {
        message: "fix: count again\n\nBecause.",
        trailers: { "Heal-Run": "r-1", "Heal-Why": "two\nlines" },
      }),
    );
    expect(raw(root, "rev-parse", "main")).toBe(made.commit);
    expect(raw(root, "status", "--porcelain")).toBe("");
    expect(raw(root, "log", "-1", "--format=%an <%ae> %cn%n%B")).toBe(
      "Monkey <m@example.test> Monkey\nfix: count again\n\nBecause.\n\nHeal-Run: r-1\nHeal-Why: two lines",
    );
    expect(raw(root, "log", "-1", "--format=%(trailers:key=Heal-Run,valueonly)")).toBe("r-1");
    expect(audited.slice(before).map(({ kind }) => kind)).toEqual(["effect.started", "effect.done"]);
  });

  test("commits only the given paths and leaves other changes, staged ones too, as they are", async () => {
    const { root, first } = repository();
    put(root, "a.txt", "two\n");
    put(root, "mine.txt", "x\n");
    put(root, "staged.txt", "x\n");
    raw(root, "add", "staged.txt");
    const git = ok(await openRepository(root));
    ok(await commit(git, "main", first, "fix: one path", ["a.txt"]));
    expect(raw(root, "show", "--name-only", "--format=", "HEAD")).toBe("a.txt");
    expect(raw(root, "status", "--porcelain")).toBe("A  staged.txt\n?? mine.txt");
  });

  test("refuses a permit for other bytes than the work tree now holds", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    put(root, "a.txt", "allowed\n");
    const target = await commitTarget(git, "main", first);
    put(root, "a.txt", "swapped\n");
    const refused = await git.commitAll(allow("git.commit", target), target, { message: "fix: x" });
    expect(codes(refused)).toEqual(["git.change_differs"]);
    expect(raw(root, "rev-parse", "main")).toBe(first);
  });

  test("refuses without a permit, with a used one, and for another repository", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    const target = await commitTarget(git, "main", first);
    const permit = allow("git.commit", target);
    expect(codes(await git.commitAll({ ...permit }, target, { message: "x" }))).toEqual(["permit.forged"]);
    const other = { ...target, repository: "https://git.example.test/other.git" };
    expect(codes(await git.commitAll(allow("git.commit", other), other, { message: "x" }))).toEqual([
      "git.other_repository",
    ]);
    ok(await git.commitAll(permit, target, { message: "x" }));
    expect(codes(await git.commitAll(permit, target, { message: "x" }))).not.toEqual([]);
    expect(raw(root, "rev-list", "--count", "main")).toBe("2");
  });

  test("makes a branch from a detached work tree, and finds its own commit again after a crash", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    const tree = ok(await git.addWorktree(join(scratch(), "tree"), first));
    put(tree.root, "a.txt", "healed\n");
    const target = await commitTarget(tree, "heal/x", first);
    const input = { message: "fix: healed", worktree: tree.root };
    const made = ok(await git.commitAll(allow("git.commit", target), target, input));
    expect(raw(root, "rev-parse", "heal/x")).toBe(made.commit);
    expect(raw(tree.root, "status", "--porcelain")).toBe("");
    // As if the process had died before it could note what it did.
    const again = ok(await git.commitAll(allow("git.commit", target), target, input));
    expect(again).toEqual({ ...made, already: true });
    expect(raw(root, "rev-list", "--count", "heal/x")).toBe("2");
  });

  test("takes away the work tree of a killed process, and neither a person's nor a living one's", async () => {
    const { root, first } = repository();
    const home = scratch();
    const script = join(home, "dies.mts");
    const module = fileURLToPath(new URL("../../../../src/tools/git/git.ts", import.meta.url));
    writeFileSync(
      script,
      `const { openRepository } = await import(${JSON.stringify(module)});
       const git = await openRepository(${JSON.stringify(root)});
       await git.value.addWorktree(${JSON.stringify(join(home, "dead"))}, ${JSON.stringify(first)});
       process.kill(process.pid, "SIGKILL");`,
    );
    expect(spawnSync(process.execPath, [script]).signal).toBe("SIGKILL");
    // As git leaves it when it is killed at making it.
    writeFileSync(join(root, ".git/worktrees/dead/locked"), "initializing\n");
    raw(root, "worktree", "add", "-q", "--detach", join(home, "person"));
    const git = ok(await openRepository(root));
    const own = ok(await git.addWorktree(join(home, "own"), first));
    const paths = async () => ok(await git.worktrees()).map(({ path }) => path);
    expect(await paths()).toEqual([root, own.root, join(home, "person")]);
    expect(readdirSync(home).sort()).toEqual(["dies.mts", "own", "own.owner", "person"]);
    ok(await git.removeDeadWorktrees());
    expect(await paths()).toContain(own.root);
    ok(await git.removeWorktree(own.root));
    expect(readdirSync(home).sort()).toEqual(["dies.mts", "person"]);
  });

  test("brings along the clean work tree that has the branch, and does not overwrite a dirty one", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    const tree = ok(await git.addWorktree(join(scratch(), "tree"), first));
    put(tree.root, "a.txt", "healed\n");
    const made = ok(await commit(tree, "main", first));
    expect(raw(root, "rev-parse", "HEAD")).toBe(made.commit);
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("healed\n");
    expect(raw(root, "status", "--porcelain")).toBe("");
    put(root, "a.txt", "a person's work\n");
    put(tree.root, "a.txt", "healed more\n");
    expect(codes(await commit(tree, "main", made.commit))).toEqual(["git.branch_checked_out"]);
    expect(readFileSync(join(root, "a.txt"), "utf8")).toBe("a person's work\n");
  });

  test("moves a branch forward that an earlier run left behind a commit that CI checked out", async () => {
    const { root, first } = repository();
    raw(root, "commit", "-q", "--allow-empty", "-m", "pushed since");
    const next = raw(root, "rev-parse", "HEAD");
    raw(root, "checkout", "-q", "--detach");
    raw(root, "branch", "-q", "-f", "main", first);
    put(root, "a.txt", "healed again\n");
    const made = ok(await commit(ok(await openRepository(root)), "main", next));
    expect(raw(root, "rev-parse", "main", "main^")).toBe(`${made.commit}\n${next}`);
    expect(raw(root, "status", "--porcelain")).toBe("");
  });

  test("says when the branch moved, when there is nothing to commit, and when a path is not there", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    expect(codes(await commit(git, "main", first))).toEqual(["git.nothing_to_commit"]);
    expect(codes(await git.candidate({ base: first, paths: ["../x"] }))).toEqual(["git.path_not_usable"]);
    expect(codes(await git.candidate({ base: first, paths: ["no.txt"] }))).toEqual(["git.path_missing"]);
    raw(root, "commit", "-q", "--allow-empty", "-m", "someone else");
    put(root, "a.txt", "two\n");
    expect(codes(await commit(git, "main", first))).toEqual(["git.ref_moved"]);
    expect(codes(await commit(git, "bad name", first))).toEqual(["git.bad_ref_name"]);
    expect(codes(await commit(git, "-x", first))).toEqual(["git.bad_ref_name"]);
  });

  test("works while another process holds the person's index, and says that the index was not refreshed", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    writeFileSync(join(root, ".git/index.lock"), "");
    const made = await commit(git, "main", first);
    expect(made.ok && made.warnings.map(({ code }) => code)).toEqual(["git.locked"]);
    expect(raw(root, "show", "main:a.txt")).toBe("two");
  });

  test("runs no filter that the repository itself configures", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    const trace = join(scratch(), "ran");
    put(root, "a.txt", "two\n");
    const target = await commitTarget(git, "main", first);
    put(root, ".git/info/attributes", "* filter=evil\n");
    raw(root, "config", "filter.evil.clean", `touch ${trace}; cat`);
    const refused = await git.commitAll(allow("git.commit", target), target, { message: "x" });
    expect(codes(refused)).toEqual(["git.config_not_trusted"]);
    expect(codes(await git.candidate())).toEqual(["git.config_not_trusted"]);
    expect(codes(await git.isClean())).toEqual(["git.config_not_trusted"]);
    expect(existsSync(trace)).toBe(false);
  });

  test("a message that looks like options or holds odd bytes stays a message", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    ok(await commit(git, "main", first, "--amend\n\n# not a comment\n\0$(touch /tmp/no)\n"));
    expect(raw(root, "log", "-1", "--format=%B")).toBe("--amend\n\n# not a comment\n$(touch /tmp/no)");
  });
});

describe("push", () => {
  const targetOf = (git: Git, commit: string, ref = "refs/heads/main") => ({
    repository: git.identity,
    remote: "origin",
    ref,
    commit,
  });

  test("pushes one commit once, a second time does nothing", async () => {
    const { root, remote, first } = repository();
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    const { commit: id } = ok(await commit(git, "main", first));
    const target = targetOf(git, id);
    ok(await git.push(allow("git.push", target), target));
    expect(raw(remote, "rev-parse", "main")).toBe(id);
    ok(await git.push(allow("git.push", target), target));
    const heal = targetOf(git, id, "refs/heads/heal/x");
    ok(await git.push(allow("git.push", heal), heal));
    expect(raw(remote, "rev-parse", "heal/x")).toBe(id);
  });

  test("never forces: commits that are only on the remote make it fail", async () => {
    const { root, remote, first } = repository();
    const other = join(scratch(), "other");
    raw(root, "clone", "-q", remote, other);
    raw(other, "commit", "-q", "--allow-empty", "-m", "elsewhere");
    raw(other, "push", "-q");
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    const { commit: id } = ok(await commit(git, "main", first));
    const target = targetOf(git, id);
    expect(codes(await git.push(allow("git.push", target), target))).toEqual(["git.push_rejected"]);
  });

  test("tells the remote's own refusal apart", async () => {
    const { root, remote, first } = repository();
    writeFileSync(join(remote, "hooks/pre-receive"), "#!/bin/sh\necho protected branch >&2\nexit 1\n");
    chmodSync(join(remote, "hooks/pre-receive"), 0o755);
    const git = ok(await openRepository(root));
    put(root, "a.txt", "two\n");
    const target = targetOf(git, ok(await commit(git, "main", first)).commit);
    const refused = await git.push(allow("git.push", target), target);
    expect(codes(refused)).toEqual(["git.push_refused"]);
    expect(refused.ok || refused.diagnostics[0]?.details).toContain("protected branch");
  });

  test("does not follow a push address that was slipped in after the permit's repository was named", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    raw(root, "remote", "set-url", "--push", "origin", join(scratch(), "elsewhere.git"));
    const target = targetOf(git, first);
    expect(codes(await git.push(allow("git.push", target), target))).toEqual(["git.other_repository"]);
  });

  test("refuses a token for a remote that is not reached over https", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    const target = targetOf(git, first);
    const pushed = await git.push(allow("git.push", target), target, {
      credentials: { username: "x", token: "t0ken" },
    });
    expect(codes(pushed)).toEqual(["git.token_without_https"]);
  });
});

describe("tag", () => {
  const targetOf = (git: Git, tag: string, commit: string) => ({ repository: git.identity, tag, commit });

  test("makes an annotated tag once and pushes it as what it is", async () => {
    const { root, remote, first } = repository();
    const git = ok(await openRepository(root));
    const target = targetOf(git, "v1.0.0", first);
    ok(await git.tag(allow("release.tag", target), target, { message: "v1.0.0\n\n# Notes\n" }));
    ok(await git.tag(allow("release.tag", target), target, { message: "v1.0.0" }));
    expect(raw(root, "tag", "-l", "--format=%(objecttype) %(contents)", "v1.0.0")).toBe("tag v1.0.0\n\n# Notes");
    const ref = { repository: git.identity, remote: "origin", ref: "refs/tags/v1.0.0", commit: first };
    ok(await git.push(allow("git.push", ref), ref));
    ok(await git.push(allow("git.push", ref), ref));
    expect(raw(remote, "cat-file", "-t", "v1.0.0")).toBe("tag");
  });

  test("is never moved, here or on the remote", async () => {
    const { root, remote, first } = repository();
    raw(remote, "tag", "v2", first);
    raw(root, "commit", "-q", "--allow-empty", "-m", "feat: later");
    const later = raw(root, "rev-parse", "HEAD");
    raw(root, "tag", "v1", first);
    const git = ok(await openRepository(root));
    const target = targetOf(git, "v1", later);
    expect(codes(await git.tag(allow("release.tag", target), target, { message: "x" }))).toEqual(["git.tag_elsewhere"]);
    const ref = { repository: git.identity, remote: "origin", ref: "refs/tags/v2", commit: later };
    expect(codes(await git.push(allow("git.push", ref), ref))).toEqual(["git.tag_elsewhere"]);
  });
});
