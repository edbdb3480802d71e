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
