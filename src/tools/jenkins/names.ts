/**
 * Jenkins' names of jobs. A full name joins folders by `/`; a multibranch job's branch is one segment, in which Jenkins
 * itself writes a slash as `%2F`: `acme/payments/feature%2Frefunds`.
 */

/** `/job/acme/job/payments/job/feature%252Frefunds`: each segment encoded once more, as Jenkins' own links are. */
export function jobPath(fullName: string): string {
  return fullName
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => `/job/${encodeURIComponent(segment)}`)
    .join("");
}

/** The full name of a branch's job in a multibranch project. */
export function branchJob(project: string, branch: string): string {
  return `${project}/${encodeURIComponent(branch)}`;
}

/** A build by its address: its path below the controller's root, its job's full name and its number. */
export function buildAt(
  root: string,
  url: string,
): { readonly path: string; readonly job: string; readonly number: string } | undefined {
  if (!url.startsWith(`${root}/job/`)) return undefined;
  const match = /^((?:\/job\/[^/?#]+)+)\/(\d+)\/?$/.exec(url.slice(root.length));
  if (!match?.[1] || !match[2]) return undefined;
  const job = match[1]
    .split("/job/")
    .slice(1)
    .map((segment) => decodeURIComponent(segment))
    .join("/");
  return { path: `${match[1]}/${match[2]}`, job, number: match[2] };
}
