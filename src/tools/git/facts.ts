import { establish } from "../../constitution/probe.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import { type Change, linesOf } from "./change.ts";
import type { Git } from "./repository.ts";

/** `source.commit`, `source.clean` and, unless HEAD is detached, `source.branch`. */
export async function gitFacts(git: Git): Promise<Outcome<Facts>> {
  const head = await git.head();
  if (!head.ok) return head;
  const status = await git.status();
  if (!status.ok) return status;
  const branch = await git.branch();
  if (!branch.ok && !branch.diagnostics.some(({ code }) => code === "git.detached_head")) return branch;
  const shown = status.value.map(({ state, path }) => `${state} ${path}\n`).join("");
  const evidence = `head ${head.value}\nbranch ${branch.ok ? branch.value : "(detached)"}\n${shown}`;
  return succeed(
    establish("git.state", evidence, {
      "source.commit": head.value,
      "source.clean": status.value.length === 0,
      ...(branch.ok ? { "source.branch": branch.value } : {}),
    }),
  );
}

/** `target.branch.name` and whether it is protected; `isProtected` is the constitution's answer. */
export async function targetBranchFacts(
  git: Git,
  branch: string,
  isProtected: (branch: string) => boolean,
): Promise<Outcome<Facts>> {
  const at = await git.branchCommit(branch);
  if (!at.ok) return at;
  return succeed(
    establish("git.target_branch", `${branch} ${at.value ?? "(new)"}\n`, {
      "target.branch.name": branch,
      "target.branch.protected": isProtected(branch),
    }),
  );
}

/**
 * `change.files`, `.lines`, `.paths` and `.protected` of a change; `protectedOf` picks the protected ones of the paths
 * (constitution/protect.ts). Take the change from `git.candidate()` or `git.diff()`, never from who wrote it.
 */
export function changeFacts(change: Change, protectedOf: (paths: readonly string[]) => readonly string[]): Facts {
  const paths = change.files.map(({ path }) => path);
  const listed = change.files.map(
    ({ path, status, kind, added, removed }) => `${status} ${kind} +${added} -${removed} ${path}\n`,
  );
  return establish("git.change", `${listed.join("")}\n${change.patch}`, {
    "change.files": change.files.length,
    "change.lines": linesOf(change),
    "change.paths": paths,
    "change.protected": protectedOf(paths),
  });
}
