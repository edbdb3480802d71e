import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { guardConfig } from "./config-guard.ts";
import { diagnose } from "./diagnose.ts";
import { callGit, type GitCall, git } from "./run.ts";

/** A token for a remote over https. It reaches git through the environment and is offered to this remote's host only. */
export interface RemoteCredentials {
  /** `x-access-token` suits GitHub, `oauth2` GitLab. */
  readonly username: string;
  readonly token: string;
}

/** A remote's URL as configured; fails with `git.no_remote`. */
export async function remoteUrl(name: string, call: GitCall, push = false): Promise<Outcome<string>> {
  const url = await git(["remote", "get-url", ...(push ? ["--push"] : []), "--", name], call);
  return url.ok ? succeed(url.value.replace(/\n$/, "")) : url;
}

/** A call that may talk to `remote`: its configuration checked, its credentials bound to its host. */
export async function networkCall(
  remote: string,
  call: GitCall & { readonly credentials?: RemoteCredentials | undefined },
): Promise<Outcome<GitCall>> {
  const { credentials, ...plain } = call;
  const [guarded, url] = await Promise.all([guardConfig(plain), remoteUrl(remote, plain)]);
  if (!guarded.ok) return guarded;
  if (!url.ok) return url;
  return credentialled(remote, url.value, { ...plain, network: true }, credentials);
}

/** The call with credentials for a remote's host, and for no other. */
export function credentialled(
  remote: string,
  url: string,
  call: GitCall,
  credentials: RemoteCredentials | undefined,
): Outcome<GitCall> {
  if (!credentials) return succeed(call);
  const host = /^https?:\/\/(?:[^@/]*@)?([^/]+)/.exec(url);
  if (!host) {
    return fail(
      problem(
        "config",
        "git.token_without_https",
        `the remote ${remote} has no https address, so a token cannot be used`,
        {
          next: `git remote set-url ${remote} https://…, or use an ssh key instead of a token`,
        },
      ),
    );
  }
  // The helper is a constant text; the token itself is only in the environment.
  const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$CODEMONKEYS_GIT_USER" "$CODEMONKEYS_GIT_TOKEN"; }; f`;
  const origin = new URL(url).origin;
  return succeed({
    ...call,
    settings: ["credential.helper=", `credential.${origin}.helper=${helper}`],
    env: { ...call.env, CODEMONKEYS_GIT_USER: credentials.username, CODEMONKEYS_GIT_TOKEN: credentials.token },
  });
}

/** The commit (an annotated tag is followed to it) that a remote's ref points to. */
export async function findRemoteRef(
  remote: string,
  ref: string,
  call: GitCall & { readonly credentials?: RemoteCredentials | undefined },
): Promise<Outcome<string | undefined>> {
  const prepared = await networkCall(remote, call);
  if (!prepared.ok) return prepared;
  const args = ["ls-remote", "--quiet", "--end-of-options", remote, ref, `${ref}^{}`];
  const called = await callGit(args, prepared.value);
  if (!called.ok) return called;
  if (called.value.exitCode !== 0) return fail(diagnose(args, called.value, call.cwd));
  const found = new Map<string, string>();
  for (const line of called.value.stdout.split("\n")) {
    const [id, name] = line.split("\t", 2);
    if (id && name) found.set(name, id);
  }
  return succeed(found.get(`${ref}^{}`) ?? found.get(ref));
}
