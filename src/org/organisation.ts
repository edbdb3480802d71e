import { existsSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readConstitution } from "../constitution/constitution.ts";
import { sha256 } from "../core/canonical.ts";
import type { ConfigLayer } from "../core/config.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import { readFleet } from "../pipeline/fleet.ts";
import type { OpenOrganisation } from "../pipeline/session.ts";
import { createRepository, type Git, openRepository, withoutCredentials } from "../tools/git/git.ts";
import type { UserConfig } from "./user-config.ts";

/** An organisation and the text of its layer of the configuration. */
export interface FoundOrganisation {
  readonly organisation: OpenOrganisation;
  readonly configLayer: ConfigLayer | undefined;
}

/**
 * Reads the organisation at its protected ref: constitution, fleet and configuration, all at one commit. The repository
 * is mirrored into the cache and fetched each time; when it cannot be reached, the mirror's last state is used and a
 * warning says so (`stale: true` makes that an error: nobody acts under a policy that may have been changed).
 */
export async function readOrganisation(
  user: UserConfig,
  options: { readonly redactor: Redactor; readonly signal: AbortSignal; readonly acts: boolean },
): Promise<Outcome<FoundOrganisation>> {
  if (!user.organisation) {
    return fail(
      problem("config", "organisation.unknown", "no organisation is configured", {
        details: "An organisation is a git repository with constitution.yaml and fleet.yaml.",
        next: `codemonkeys init makes one on this machine; for an existing one write "organisation: { url: … }" to ${user.file}, or set CODEMONKEYS_ORGANISATION`,
      }),
    );
  }
  const { url, ref } = user.organisation;
  const mirrored = await mirror(url, ref, user, options);
  if (!mirrored.ok) return mirrored;
  const git = mirrored.value;
  const commit = await git.resolve(`refs/heads/${ref}`);
  if (!commit.ok) return fail(noBranch(ref, user));
  const read = (path: string) => readOptional(git, commit.value, path);
  const [constitutionText, fleetText, configText] = await Promise.all([
    read("constitution.yaml"),
    read("fleet.yaml"),
    read(".codemonkeys/config.yaml"),
  ]);
  const missing = (
    [
      ["constitution.yaml", constitutionText],
      ["fleet.yaml", fleetText],
    ] as const
  ).flatMap(([path, text]) => {
    if (!text.ok) return text.diagnostics;
    if (text.value !== undefined) return [];
    return [
      problem("config", "organisation.missing_file", `the organisation has no ${path} on ${ref}`, {
        where: { file: path, commit: commit.value },
        next: `codemonkeys init writes one; commit and push it to ${withoutCredentials(url)}`,
      }),
    ];
  });
  if (missing.length > 0) return fail(...missing);
  if (!configText.ok) return configText;
  const at = { commit: commit.value };
  const constitution = readConstitution((constitutionText as { value: string }).value, {
    file: "constitution.yaml",
    ...at,
  });
  const fleet = readFleet((fleetText as { value: string }).value, { file: "fleet.yaml", ...at });
  const problems: Diagnostic[] = [];
  if (!constitution.ok) problems.push(...constitution.diagnostics);
  if (!fleet.ok) problems.push(...fleet.diagnostics);
  if (!constitution.ok || !fleet.ok) return fail(...problems);
  return succeed(
    {
      organisation: { path: git.root, commit: commit.value, constitution: constitution.value, fleet: fleet.value },
      configLayer:
        configText.value === undefined
          ? undefined
          : { layer: "organisation", text: configText.value, file: "organisation/.codemonkeys/config.yaml", ...at },
    },
    [...mirrored.warnings, ...constitution.warnings, ...fleet.warnings],
  );
}

function noBranch(ref: string, user: UserConfig): Diagnostic {
  return problem("config", "organisation.no_ref", `the organisation has no branch ${ref}`, {
    where: { file: user.file },
    next: "push the branch, or name the right one as organisation.ref",
  });
}

/** A bare mirror of the organisation's protected branch in the cache, brought up to date. */
async function mirror(
  url: string,
  ref: string,
  user: UserConfig,
  options: { readonly redactor: Redactor; readonly signal: AbortSignal; readonly acts: boolean },
): Promise<Outcome<Git>> {
  const directory = join(user.homes.cache, "organisations", `${sha256(url).slice(0, 16)}.git`);
  const git = await openMirror(directory, url, ref, { redactor: options.redactor, signal: options.signal });
  if (!git.ok) return git;
  const fetched = await git.value.fetch("origin", { refspecs: [`+refs/heads/${ref}:refs/heads/${ref}`] });
  if (fetched.ok) return git;
  const known = await git.value.resolve(`refs/heads/${ref}`);
  const [first] = fetched.diagnostics;
  if (first?.code === "git.unknown_ref") return fail(noBranch(ref, user));
  const why = first?.message ?? "it did not answer";
  if (!known.ok || options.acts) {
    return fail(
      problem(
        "infrastructure",
        "organisation.unreachable",
        `the organisation cannot be read from ${withoutCredentials(url)}: ${why}`,
        {
          next: known.ok
            ? "nothing acts under a policy that may have changed: try again when it can be reached"
            : `check the address in ${user.file}`,
        },
      ),
    );
  }
  return succeed(git.value, [
    problem(
      "infrastructure",
      "organisation.stale",
      `the organisation cannot be reached (${why}); its state at ${known.value.slice(0, 7)} is used`,
      {
        severity: "warning",
      },
    ),
  ]);
}

/** Opens the mirror, or makes it; one that a killed process left half made is made anew. */
async function openMirror(
  directory: string,
  url: string,
  ref: string,
  open: { readonly redactor: Redactor; readonly signal: AbortSignal },
): Promise<Outcome<Git>> {
  const opened = existsSync(directory) ? await openRepository(directory, open) : undefined;
  // Without an origin a repository's identity is its own path.
  if (opened?.ok && opened.value.root === realpathSync(directory) && opened.value.identity !== opened.value.root) {
    return opened;
  }
  // Without git, or interrupted, nothing is known about the mirror: it stays.
  if (opened && !opened.ok && opened.diagnostics.some(({ kind }) => kind === "infrastructure")) return opened;
  await rm(directory, { recursive: true, force: true });
  return createRepository(directory, { ...open, bare: true, branch: ref, origin: url });
}

async function readOptional(git: Git, commit: string, path: string): Promise<Outcome<string | undefined>> {
  const text = await git.readAt(commit, path);
  if (text.ok) return text;
  return text.diagnostics.some(({ code }) => code === "git.path_missing") ? succeed(undefined) : text;
}
