import type { BuildArtifact, BuildRef, DownloadTo } from "../../core/ci-backend.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { keepBelow } from "../../core/kept-files.ts";
import { readArchive } from "./archive.ts";
import { type Place, readRun, whatRun } from "./runs.ts";

interface ArtifactJson {
  readonly id: number;
  readonly name: string;
  readonly size_in_bytes: number;
  readonly expired: boolean;
}

/** What a run uploaded and GitHub still has. */
export async function listArtifacts(place: Place, ref: BuildRef): Promise<Outcome<BuildArtifact[]>> {
  const listed = await readArtifacts(place, ref);
  if (!listed.ok) return listed;
  const there = listed.value.filter(({ expired }) => !expired);
  return succeed(there.map(({ name, size_in_bytes }) => ({ name, bytes: size_in_bytes })));
}

/** Unpacks an uploaded archive into a folder of its name below the given one. */
export async function downloadArtifact(
  place: Place,
  ref: BuildRef,
  name: string,
  { folder, mostBytes }: DownloadTo,
): Promise<Outcome<string[]>> {
  const listed = await readArtifacts(place, ref);
  if (!listed.ok) return listed;
  const found = listed.value.find((one) => one.name === name && !one.expired);
  if (!found) {
    return fail(
      problem(
        "config",
        "github_actions.unknown_artifact",
        `${whatRun(place.repository, ref.id)} has no artefact ${name} (any more)`,
        { next: "codemonkeys logs PRODUCT BUILD --artifacts lists what there is" },
      ),
    );
  }
  if (found.size_in_bytes > mostBytes) return tooLarge(name, mostBytes);
  const at = { owner: place.repository.owner, repo: place.repository.name, artifact_id: found.id };
  const got = await place.github.call(`the artefact ${name}`, (octokit) =>
    octokit.rest.actions.downloadArtifact({ ...at, archive_format: "zip" }),
  );
  if (!got.ok) return got;
  const files = await readArchive(Buffer.from(got.value.data as ArrayBuffer), {
    mostBytes,
    wanted: (path) => !path.endsWith("/"),
  });
  if (!files.ok) return files;
  const paths: string[] = [];
  for (const { path, bytes } of files.value) {
    const kept = await keepBelow(folder, `${name}/${path}`, bytes);
    if ("refused" in kept) {
      return fail(
        problem("infrastructure", "ci.artifact_not_kept", `${path} of ${name} is not written: ${kept.refused}`, {
          next: "look at it in the CI system",
        }),
      );
    }
    paths.push(kept.path);
  }
  return succeed(paths);
}

function tooLarge(name: string, mostBytes: number): Outcome<never> {
  return fail(
    problem("infrastructure", "github_actions.too_large", `the artefact ${name} has more than ${mostBytes} bytes`, {
      next: "download it in GitHub",
    }),
  );
}

async function readArtifacts(place: Place, ref: BuildRef): Promise<Outcome<ArtifactJson[]>> {
  const run = await readRun(place, ref.id);
  if (!run.ok) return run;
  const at = {
    owner: place.repository.owner,
    repo: place.repository.name,
    run_id: Number(ref.id),
    per_page: 100,
  };
  return await place.github.call(`the artefacts of ${whatRun(place.repository, ref.id)}`, (octokit) =>
    octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, at),
  );
}
