/** Web addresses of a repository on a forge, as far as its remote's address tells. */
export interface Forge {
  readonly kind: "github" | "gitlab" | "bitbucket" | "gitea";
  /** Without a final slash. */
  readonly web: string;
  commit(id: string): string;
  compare(from: string, to: string): string;
  issue(number: string): string;
}

/**
 * The forge behind a remote's address (https, ssh or scp-like), or undefined for paths, loopback and hosts whose kind
 * the name does not tell: a wrong link in a changelog stays there for ever.
 */
export function forgeOf(remote: string): Forge | undefined {
  const match =
    /^(?:https?:\/\/(?:[^@/]*@)?|ssh:\/\/(?:[^@/]*@)?|git:\/\/)([^/:]+)(?::\d+)?\/(.+?)(?:\.git)?\/?$/.exec(remote) ??
    /^(?:[\w.-]+@)([\w.-]+):(?!\/\/)(.+?)(?:\.git)?\/?$/.exec(remote);
  if (!match) return undefined;
  const host = (match[1] as string).toLowerCase();
  const path = match[2] as string;
  const kind = kindOf(host);
  if (!kind || !/^[\w.~/-]+$/.test(path)) return undefined;
  const web = `https://${host}/${path}`;
  const inner = kind === "gitlab" ? `${web}/-` : web;
  const ref = (name: string) => encodeURIComponent(name).replaceAll("%2F", "/");
  return {
    kind,
    web,
    commit: (id) => `${inner}/${kind === "bitbucket" ? "commits" : "commit"}/${id}`,
    compare: (from, to) =>
      kind === "bitbucket"
        ? `${web}/branches/compare/${ref(to)}%0D${ref(from)}`
        : `${inner}/compare/${ref(from)}...${ref(to)}`,
    issue: (number) => `${inner}/issues/${number}`,
  };
}

function kindOf(host: string): Forge["kind"] | undefined {
  if (host === "github.com" || host.startsWith("github.")) return "github";
  if (host === "gitlab.com" || host.startsWith("gitlab.")) return "gitlab";
  if (host === "bitbucket.org") return "bitbucket";
  if (host === "codeberg.org" || host.startsWith("gitea.") || host.startsWith("forgejo.")) return "gitea";
  return undefined;
}
