import { existsSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import { withoutCredentials } from "../tools/git/diagnose.ts";
import type { Git } from "../tools/git/git.ts";
import { type Branch, type BranchFiles, mirroredFiles, remoteCommit } from "../tools/git/mirror.ts";
import type { UserConfig } from "./user-config.ts";

/** The texts of an organisation, all of one commit; which of them may be missing is for the reader to say. */
export interface OrganisationSource {
  /** The bare mirror of its protected branch. */
  readonly path: string;
  readonly commit: string;
  readonly constitution: string;
  readonly fleet: string;
  readonly config: string | undefined;
}

export interface SourceOptions {
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** True where something may be done under the policy: then it has to be the newest. */
  readonly acts: boolean;
  /** What the remote said of its newest commit, where it was asked just before. */
  readonly newest?: Outcome<string | undefined> | undefined;
}

const PATHS = ["constitution.yaml", "fleet.yaml", ".codemonkeys/config.yaml"] as const;

/**
 * Reads the organisation's files at its protected ref. The repository is mirrored into the cache and the remote is asked
 * each time; when it cannot be reached, the mirror's last state is used and a warning says so (`acts: true` makes that an
 * error: nobody acts under a policy that may have been changed).
 */
export async function readSource(user: UserConfig, options: SourceOptions): Promise<Outcome<OrganisationSource>> {
  if (!user.organisation) {
    return fail(
      problem("config", "organisation.unknown", "no organisation is configured", {
        details: "An organisation is a git repository with constitution.yaml and fleet.yaml.",
        next: `codemonkeys init makes one on this machine; for an existing one write "organisation: { url: … }" to ${user.file}, or set CODEMONKEYS_ORGANISATION`,
      }),
    );
  }
  const { url, ref } = user.organisation;
  const directory = join(user.homes.cache, "organisations", `${sha256(url).slice(0, 16)}.git`);
  const ready = existsSync(join(directory, "HEAD"))
    ? await upToDateFiles(directory, user.organisation, options)
    : succeed(undefined);
  if (ready.ok && ready.value) {
    return sourceOf({ path: realpathSync(directory), ...ready.value }, url, ref);
  }
  const mirrored = await mirror(directory, url, ref, user, options, ready.ok ? undefined : ready.diagnostics);
  if (!mirrored.ok) return mirrored;
  const git = mirrored.value;
  const commit = await git.resolve(`refs/heads/${ref}`);
  if (!commit.ok) return fail(noBranch(ref, user));
  const texts = await Promise.all(PATHS.map((path) => readOptional(git, commit.value, path)));
  const unreadable = texts.flatMap((text) => (text.ok ? [] : text.diagnostics));
  if (unreadable.length > 0) return fail(...unreadable);
  const found = texts.map((text) => (text.ok ? text.value : undefined));
  const source = sourceOf({ path: git.root, commit: commit.value, texts: found }, url, ref);
  return source.ok ? succeed(source.value, mirrored.warnings) : source;
}

/** The files out of the mirror, where it has the remote's newest commit already: two starts of git, and no fetch. */
async function upToDateFiles(
  directory: string,
  organisation: Branch,
  options: SourceOptions,
): Promise<Outcome<BranchFiles | undefined>> {
  const newest = options.newest ?? (await remoteCommit(organisation, directory, options));
  if (!newest.ok || newest.value === undefined) return newest as Outcome<undefined>;
  return await mirroredFiles({ directory, commit: newest.value }, PATHS, options);
}

function sourceOf(
  found: { readonly path: string; readonly commit: string; readonly texts: readonly (string | undefined)[] },
  url: string,
  ref: string,
): Outcome<OrganisationSource> {
  const { path, commit } = found;
  const [constitution, fleet, config] = found.texts;
  if (constitution !== undefined && fleet !== undefined) return succeed({ path, commit, constitution, fleet, config });
  return fail(
    ...PATHS.slice(0, 2)
      .filter((_, index) => found.texts[index] === undefined)
      .map((missing) =>
        problem("config", "organisation.missing_file", `the organisation has no ${missing} on ${ref}`, {
          where: { file: missing, commit },
          next: `codemonkeys init writes one; commit and push it to ${withoutCredentials(url)}`,
        }),
      ),
  );
}

function noBranch(ref: string, user: UserConfig): Diagnostic {
  return problem("config", "organisation.no_ref", `the organisation has no branch ${ref}`, {
    next: `push the branch, or name the right one in ${user.saidBy} (organisation.ref; in the variable #REF behind the address)`,
  });
}

/**
 * A bare mirror of the organisation's protected branch in the cache, brought up to date; `unreachable` says why that
 * cannot be, where it is known.
 */
async function mirror(
  directory: string,
  url: string,
  ref: string,
  user: UserConfig,
  options: SourceOptions,
  unreachable: readonly Diagnostic[] | undefined,
): Promise<Outcome<Git>> {
  const git = await openMirror(directory, url, ref, { redactor: options.redactor, signal: options.signal });
  if (!git.ok) return git;
  const refspecs = [`+refs/heads/${ref}:refs/heads/${ref}`];
  const fetched = unreachable ? fail(...unreachable) : await git.value.fetch("origin", { refspecs });
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
            : `check the address in ${user.saidBy}`,
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
  const { createRepository, openRepository } = await import("../tools/git/git.ts");
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
