import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository, repositoryAt } from "../../pipeline/session-git.ts";
import type { Git } from "../../tools/git/git.ts";
import { type Contents, contentsOf } from "../../tools/sops/contents.ts";
import { secretsPath } from "./files.ts";

/** Which file a person means. */
export interface PlaceParams {
  /** A company's file in the organisation's repository; the product's own without it. */
  readonly company?: string | undefined;
  readonly environment?: string | undefined;
}

/** A secrets file in the work tree that the person stands in, and what it holds. */
export interface SecretsPlace {
  readonly root: string;
  readonly path: string;
  readonly repository: string;
  /** Undefined: not there yet. */
  readonly text: string | undefined;
  readonly contents: Contents | undefined;
}

/** Finds the file in the product's work tree or, for a company's, in a clone of the organisation. */
export async function findPlace(session: Session, params: PlaceParams): Promise<Outcome<SecretsPlace>> {
  const git =
    params.company === undefined ? await productRepository(session) : await organisationGit(session, params.company);
  if (!git.ok) return git;
  const path = secretsPath(params.company ?? productOf(session).name, params.environment);
  const { root, identity: repository } = git.value;
  const text = await readIfThere(join(root, path));
  if (text === undefined) return succeed({ root, path, repository, text, contents: undefined });
  const contents = contentsOf(text, path);
  return contents.ok ? succeed({ root, path, repository, text, contents: contents.value }) : contents;
}

async function organisationGit(session: Session, company: string): Promise<Outcome<Git>> {
  if (!Object.hasOwn(session.organisation.fleet.value.companies, company)) {
    return fail(
      problem("config", "params.company", `the fleet has no company ${company}`, {
        next: `the companies are: ${Object.keys(session.organisation.fleet.value.companies).join(", ")}`,
      }),
    );
  }
  const mirror = await repositoryAt(session, session.organisation.path);
  if (!mirror.ok) return mirror;
  const here = await repositoryAt(session, session.cwd);
  if (here.ok && here.value.identity === mirror.value.identity) return here;
  return fail(
    problem(
      "config",
      "secrets.not_the_organisation",
      "a company's secrets lie in the organisation's repository, and this is another",
      {
        next: `git clone ${mirror.value.identity}, change into it, and run the command there`,
      },
    ),
  );
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
