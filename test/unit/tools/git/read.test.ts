import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { forgedFacts } from "../../../../src/constitution/probe.ts";
import {
  catchUp,
  changeFacts,
  cloneRepository,
  gitFacts,
  linesOf,
  openRepository,
  targetBranchFacts,
} from "../../../../src/tools/git/git.ts";
import { codes, ok } from "../permit.ts";
import { put, raw, repository, scratch } from "./scratch.ts";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

describe("opening", () => {
  test("works from a folder below the root, and names the repository by its origin without credentials", async () => {
    const { root } = repository();
    mkdirSync(join(root, "deep/er"), { recursive: true });
    raw(root, "remote", "set-url", "origin", "https://bot:hunter2@git.example.test/acme/x.git");
    const git = ok(await openRepository(join(root, "deep/er")));
    expect(git.root).toBe(root);
    expect(git.identity).toBe("https://git.example.test/acme/x.git");
  });

  test("says when it is not a repository", async () => {
    expect(codes(await openRepository(scratch()))).toEqual(["git.not_a_repository"]);
  });

  test("says when git is missing, and when it is too old", async () => {
    const bin = scratch();
    process.env.PATH = bin;
    expect(codes(await openRepository(scratch()))).toEqual(["git.missing"]);
    writeFileSync(join(bin, "git"), "#!/bin/sh\necho git version 2.29.3\n");
    chmodSync(join(bin, "git"), 0o755);
    process.env.PATH = `${bin}:${path}`;
    const opened = await openRepository(scratch());
    expect(codes(opened)).toEqual(["git.too_old"]);
    expect(opened.ok || opened.diagnostics[0]?.next).toBe("install git 2.30 or newer");
  });
});

describe("reading", () => {
  test("head, branch and their absence", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    expect(ok(await git.head())).toBe(first);
    expect(ok(await git.branch())).toBe("main");
    raw(root, "checkout", "-q", "--detach");
    expect(codes(await git.branch())).toEqual(["git.detached_head"]);
    const empty = scratch();
    raw(empty, "init", "-q");
    expect(codes(await ok(await openRepository(empty)).head())).toEqual(["git.no_commits"]);
  });

  test("a dirty tree shows its paths, whatever characters they hold", async () => {
    const { root } = repository();
    const git = ok(await openRepository(root));
    expect(ok(await git.isClean())).toBe(true);
    const names = ["new\nline.txt", "täb\t.txt", '"quoted".txt', "-dash"];
    for (const name of names) put(root, name, "x\n");
    expect(ok(await git.isClean())).toBe(false);
    expect(
      ok(await git.status())
        .map((entry) => entry.path)
        .sort(),
    ).toEqual([...names].sort());
  });

  test("files at a ref", async () => {
    const { root, first } = repository();
    put(root, "a.txt", "changed\n");
    const git = ok(await openRepository(root));
    expect(ok(await git.readAt("main", "a.txt"))).toBe("one\n");
    expect(ok(await git.listAt(first))).toEqual(["a.txt"]);
    expect(codes(await git.readAt("main", "no.txt"))).toEqual(["git.path_missing"]);
    expect(codes(await git.readAt("nowhere", "a.txt"))).toEqual(["git.unknown_ref"]);
    expect(codes(await git.readAt("--output=/tmp/x", "a.txt"))).toEqual(["git.unknown_ref"]);
  });

  test("the log with bodies and trailers, and the commit of a trailer", async () => {
    const { root, first } = repository();
    put(root, "b.txt", "b\n");
    raw(root, "add", ".");
    raw(root, "commit", "-qm", "fix: naïve\n\nBecause.\n\nHeal-Run: r-1\nSeen-At: x");
    const git = ok(await openRepository(root));
    const [newest] = ok(await git.log(`${first}..HEAD`));
    expect(newest).toMatchObject({ subject: "fix: naïve", parents: [first], author: { name: "Ann" } });
    expect(newest?.body).toContain("Because.");
    expect(newest?.trailers).toEqual([
      ["Heal-Run", "r-1"],
      ["Seen-At", "x"],
    ]);
    expect(ok(await git.log("HEAD", { paths: ["a.txt"] })).map(({ id }) => id)).toEqual([first]);
    expect(ok(await git.findByTrailer("HEAD", "Heal-Run", "r-1"))?.id).toBe(newest?.id);
    expect(ok(await git.findByTrailer("HEAD", "Heal-Run", "r-2"))).toBeUndefined();
  });

  test("tags of both kinds", async () => {
    const { root, first } = repository();
    raw(root, "tag", "light");
    raw(root, "tag", "-am", "x", "v1.0.0");
    const tags = ok(await ok(await openRepository(root)).tags());
    expect(tags.map(({ name, commit, annotated }) => [name, commit, annotated]).sort()).toEqual([
      ["light", first, false],
      ["v1.0.0", first, true],
    ]);
  });

  test("a shallow clone warns with its log and refuses where the whole history is needed", async () => {
    const { root, remote } = repository();
    raw(root, "commit", "-q", "--allow-empty", "-m", "feat: second");
    raw(root, "push", "-q");
    const clone = join(scratch(), "shallow");
    raw(root, "clone", "-q", "--depth=1", `file://${remote}`, clone);
    const git = ok(await openRepository(clone));
    const log = await git.log("HEAD");
    expect(log.ok && log.warnings.map(({ code }) => code)).toEqual(["git.shallow"]);
    expect(codes(await git.requireFullHistory())).toEqual(["git.shallow"]);
  });

  test("a remote's refs, an annotated tag followed to its commit", async () => {
    const { root, first } = repository();
    raw(root, "tag", "-am", "x", "v1");
    raw(root, "push", "-q", "origin", "v1");
    const git = ok(await openRepository(root));
    expect(ok(await git.lsRemote("origin", "refs/heads/main"))).toBe(first);
    expect(ok(await git.lsRemote("origin", "refs/tags/v1"))).toBe(first);
    expect(ok(await git.lsRemote("origin", "refs/heads/none"))).toBeUndefined();
    expect(codes(await git.lsRemote("upstream", "refs/heads/main"))).toEqual(["git.no_remote"]);
    raw(root, "remote", "add", "gone", join(scratch(), "no.git"));
    expect(codes(await git.lsRemote("gone", "refs/heads/main"))).toEqual(["git.no_remote"]);
  });

  test("a clone of the program's own follows its remote, and keeps what it has of its own", async () => {
    const { root, remote } = repository();
    const directory = join(scratch(), "clone");
    const clone = ok(await cloneRepository(remote, directory));
    raw(root, "commit", "-q", "--allow-empty", "-m", "feat: second");
    raw(root, "push", "-q");
    expect(ok(await catchUp(directory))).toBe(true);
    expect(ok(await clone.head())).toBe(raw(root, "rev-parse", "HEAD"));
    raw(directory, "commit", "-q", "--allow-empty", "-m", "chore: left by a killed process");
    const own = ok(await clone.head());
    raw(root, "commit", "-q", "--allow-empty", "-m", "feat: third");
    raw(root, "push", "-q");
    expect(ok(await catchUp(directory))).toBe(false);
    expect(ok(await clone.head())).toBe(own);
  });

  test("clone, fetch, ancestors and work trees", async () => {
    const { root, remote, first } = repository();
    const clone = ok(await cloneRepository(remote, join(scratch(), "clone")));
    raw(root, "commit", "-q", "--allow-empty", "-m", "feat: second");
    raw(root, "push", "-q");
    ok(await clone.fetch("origin"));
    const second = ok(await clone.resolve("origin/main"));
    expect(ok(await clone.isAncestor(first, second))).toBe(true);
    expect(ok(await clone.isAncestor(second, first))).toBe(false);
    const tree = ok(await clone.addWorktree(join(scratch(), "tree"), second));
    expect(ok(await tree.head())).toBe(second);
    expect(codes(await tree.branch())).toEqual(["git.detached_head"]);
    expect(tree.identity).toBe(clone.identity);
    ok(await clone.removeWorktree(tree.root));
    expect(ok(await clone.worktrees())).toHaveLength(1);
  });
});

describe("a hostile repository", () => {
  test("runs none of its hooks, monitors and helpers while it is read or checked out", async () => {
    const { root } = repository();
    const trace = join(scratch(), "ran");
    const evil = join(scratch(), "evil.sh");
    writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> ${trace}\n`);
    chmodSync(evil, 0o755);
    for (const hook of ["post-checkout", "post-index-change", "reference-transaction"]) {
      writeFileSync(join(root, ".git/hooks", hook), `#!/bin/sh\necho ${hook} >> ${trace}\n`);
      chmodSync(join(root, ".git/hooks", hook), 0o755);
    }
    for (const key of ["core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "gpg.program"]) {
      raw(root, "config", key, evil);
    }
    raw(root, "config", "log.showSignature", "true");
    put(root, ".gitattributes", "*.txt diff=x\n");
    put(root, "a.txt", "two\n");
    raw(root, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "add", ".");
    raw(root, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "commit", "-qm", "feat: two");
    const git = ok(await openRepository(root));
    ok(await git.status());
    ok(await git.log("HEAD"));
    expect(ok(await git.diff("HEAD^", "HEAD")).patch).toContain("+two");
    ok(await git.addWorktree(join(scratch(), "tree"), "HEAD"));
    expect(existsSync(trace)).toBe(false);
    // The traps are live: git without our settings springs them.
    raw(root, "update-ref", "refs/heads/sprung", "HEAD");
    expect(existsSync(trace)).toBe(true);
  });

  test("whose own configuration would run a program is refused before it is checked out or reached", async () => {
    const { root } = repository();
    raw(root, "config", "filter.x.smudge", "touch /tmp/no");
    const git = ok(await openRepository(root));
    const refused = await git.addWorktree(join(scratch(), "tree"), "HEAD");
    expect(codes(refused)).toEqual(["git.config_not_trusted"]);
    expect(refused.ok || refused.diagnostics[0]?.message).toContain("filter.x.smudge");
    raw(root, "config", "--unset", "filter.x.smudge");
    raw(root, "config", "core.sshCommand", "touch /tmp/no");
    expect(codes(await git.lsRemote("origin", "refs/heads/main"))).toEqual(["git.config_not_trusted"]);
  });

  test("ext:: transports are not followed", async () => {
    const { root } = repository();
    const trace = join(scratch(), "ran");
    raw(root, "remote", "set-url", "origin", `ext::sh -c "touch ${trace}"`);
    const git = ok(await openRepository(root));
    expect(codes(await git.lsRemote("origin", "refs/heads/main"))).not.toEqual([]);
    expect(existsSync(trace)).toBe(false);
  });
});

describe("facts", () => {
  test("of the source and the target branch are established by looking", async () => {
    const { root, first } = repository();
    const git = ok(await openRepository(root));
    const facts = ok(await gitFacts(git));
    expect(facts["source.branch"]?.value).toBe("main");
    expect(facts["source.commit"]?.value).toBe(first);
    expect(facts["source.clean"]?.value).toBe(true);
    expect(forgedFacts(facts)).toEqual([]);
    put(root, "new.txt", "x");
    expect(ok(await gitFacts(git))["source.clean"]?.value).toBe(false);
    raw(root, "checkout", "-q", "--detach");
    expect(ok(await gitFacts(git))["source.branch"]).toBeUndefined();
    const target = ok(await targetBranchFacts(git, "main", (branch) => branch === "main"));
    expect(target["target.branch.name"]?.value).toBe("main");
    expect(target["target.branch.protected"]?.value).toBe(true);
  });

  test("of a change count lines, see both ends of a rename, binary bytes and protected paths", async () => {
    const { root } = repository();
    raw(root, "mv", "a.txt", "b.txt");
    put(root, "test/x.test.ts", "1\n2\n");
    writeFileSync(join(root, "blob.bin"), Buffer.concat([Buffer.alloc(161), Buffer.from([255])]));
    const git = ok(await openRepository(root));
    const before = raw(root, "count-objects");
    const { change } = ok(await git.candidate());
    expect(raw(root, "count-objects")).toBe(before);
    expect(change.files.map(({ path, status }) => `${status} ${path}`).sort()).toEqual([
      "added b.txt",
      "added blob.bin",
      "added test/x.test.ts",
      "deleted a.txt",
    ]);
    expect(linesOf(change)).toBe(1 + 1 + 2 + 3);
    const facts = changeFacts(change, (paths) => paths.filter((path) => path.startsWith("test/")));
    expect(facts["change.files"]?.value).toBe(4);
    expect(facts["change.lines"]?.value).toBe(7);
    expect(facts["change.protected"]?.value).toEqual(["test/x.test.ts"]);
  });
});
