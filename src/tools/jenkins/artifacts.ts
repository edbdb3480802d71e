import type { BuildArtifact, DownloadTo } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { keepBelow, placeBelow } from "../../core/kept-files.ts";
import { getBytes } from "../http/get.ts";
import { unknownBuild } from "./builds.ts";
import { type Answer, type JenkinsConnection, readJson } from "./connection.ts";
import { jobPath } from "./names.ts";

/** What a build archived, by paths below its archive. */
export async function listArtifacts(
  jenkins: JenkinsConnection,
  job: string,
  number: string,
): Promise<Outcome<BuildArtifact[]>> {
  const answered = await jenkins.get(`${jobPath(job)}/${number}/api/json?tree=artifacts[relativePath]`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownBuild(job, number);
  const read = readJson<{ readonly artifacts?: readonly { readonly relativePath: string }[] }>(answered.value.body);
  return read.ok ? succeed((read.value.artifacts ?? []).map(({ relativePath }) => ({ name: relativePath }))) : read;
}

/**
 * Writes one archived file below a folder, under its own path. A controller that keeps archives elsewhere (S3 and such)
 * redirects there: that address is asked without this controller's credentials.
 */
export async function downloadArtifact(
  jenkins: JenkinsConnection,
  of: { readonly job: string; readonly number: string; readonly name: string },
  { folder, mostBytes }: DownloadTo,
): Promise<Outcome<string[]>> {
  const { job, number, name } = of;
  // Asked before anything is read: a path that leads out of the archive would be another page of the controller.
  if (placeBelow(folder, name) === undefined) return notKept(name, "its name leads out of the folder");
  const path = name.split("/").map(encodeURIComponent).join("/");
  const answered = await jenkins.get(`${jobPath(job)}/${number}/artifact/${path}`, { mostBytes });
  if (!answered.ok) return answered;
  const read = await elsewhere(jenkins, answered.value, mostBytes);
  if (!read.ok) return read;
  if (read.value.status !== 200) {
    return fail(
      problem("config", "jenkins.unknown_artifact", `build ${number} of ${job} has no artefact ${name} (any more)`, {
        next: "codemonkeys logs PRODUCT BUILD --artifacts lists what there is",
      }),
    );
  }
  const kept = await keepBelow(folder, name, read.value.body);
  return "path" in kept ? succeed([kept.path]) : notKept(name, kept.refused);
}

async function elsewhere(
  jenkins: JenkinsConnection,
  answer: Answer,
  maxBytes: number,
): Promise<Outcome<Pick<Answer, "status" | "body">>> {
  const to = answer.headers.location;
  const moved = answer.status >= 300 && answer.status < 400 && to !== undefined && URL.canParse(to, jenkins.url);
  if (!moved) return succeed(answer);
  const place = new URL(to, jenkins.url);
  // A page of the controller itself, such as its login, is not the file.
  if (place.origin === new URL(jenkins.url).origin) return succeed(answer);
  return await getBytes(place.href, { maxBytes, signal: jenkins.signal });
}

function notKept(name: string, why: string): Outcome<never> {
  return fail(
    problem("infrastructure", "ci.artifact_not_kept", `the artefact ${JSON.stringify(name)} is not written: ${why}`, {
      next: "look at it in the CI system",
    }),
  );
}
