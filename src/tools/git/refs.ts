import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { callGit, type GitCall } from "./run.ts";

/** The commit a ref names, undefined when there is none. */
export async function optionalRef(ref: string, call: GitCall): Promise<Outcome<string | undefined>> {
  const called = await callGit(["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], call);
  if (!called.ok) return called;
  const id = called.value.stdout.trim();
  return succeed(called.value.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(id) ? id : undefined);
}
