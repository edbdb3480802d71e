/** A repository on GitHub, and where its API is. */
export interface GitHubRepository {
  readonly owner: string;
  readonly name: string;
  /** Root of the REST API, without a final slash. */
  readonly api: string;
  /** Root of the web pages, without a final slash. */
  readonly web: string;
}

const ADDRESS = /^(?:https?:\/\/(?:[^@/]*@)?|ssh:\/\/(?:[^@/]*@)?|git:\/\/)([^/]+)\/(.+?)(?:\.git)?\/?$/;
const SCP_LIKE = /^(?:[\w.-]+@)([\w.-]+):(?!\/\/)(.+?)(?:\.git)?\/?$/;

/**
 * The GitHub repository behind a remote's address (https, ssh or scp-like). `web` is the address of the company's own
 * GitHub server, where it has one; without it only hosts count whose name tells what they are. Undefined for paths and
 * for every other host.
 */
export function githubRepository(remote: string, web?: string): GitHubRepository | undefined {
  const match = ADDRESS.exec(remote) ?? SCP_LIKE.exec(remote);
  const host = match?.[1]?.toLowerCase();
  const [owner, name, ...rest] = match?.[2]?.split("/") ?? [];
  if (!host || !owner || !name || rest.length > 0 || !/^[\w.-]+$/.test(owner) || !/^[\w.-]+$/.test(name))
    return undefined;
  const place = web === undefined ? knownPlace(host) : ownPlace(web, remote, host);
  return place && { owner, name, ...place };
}

type Place = Pick<GitHubRepository, "api" | "web">;

function knownPlace(host: string): Place | undefined {
  const name = host.replace(/:\d+$/, "");
  if (name === "github.com" || name === "ssh.github.com") {
    return { api: "https://api.github.com", web: "https://github.com" };
  }
  // GitHub Enterprise Cloud with data residency.
  if (name.endsWith(".ghe.com")) return { api: `https://api.${name}`, web: `https://${name}` };
  if (name.startsWith("github.")) return { api: `https://${name}/api/v3`, web: `https://${name}` };
  return undefined;
}

function ownPlace(web: string, remote: string, host: string): Place | undefined {
  const url = new URL(web);
  // ssh has a port of its own, which says nothing about the server's web pages.
  const same = /^https?:/.test(remote) ? url.host === host : url.hostname === host.replace(/:\d+$/, "");
  if (!same) return undefined;
  const root = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  return knownPlace(url.host) ?? { api: `${root}/api/v3`, web: root };
}
