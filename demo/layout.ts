import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess } from "../src/core/process.ts";
import { harbourCargo } from "./products/harbour-cargo.ts";
import { harbourTides } from "./products/harbour-tides.ts";
import { harbourTolls } from "./products/harbour-tolls.ts";
import type { DemoCommit, DemoProduct } from "./products/history.ts";

export const PRODUCTS: readonly DemoProduct[] = [harbourTides, harbourTolls, harbourCargo];

/** Folders of the demo. Everything it makes lies below `root`, but for tools that are installed once into the user's cache. */
export interface Layout {
  readonly root: string;
  readonly remotes: string;
  readonly products: string;
  readonly organisation: string;
  readonly config: string;
  readonly logs: string;
  /** Starts the built program with this fleet's configuration. */
  readonly launcher: string;
}

export function layoutOf(root: string): Layout {
  return {
    root,
    remotes: join(root, "remotes"),
    products: join(root, "products"),
    organisation: join(root, "organisation"),
    config: join(root, "config"),
    logs: join(root, "logs"),
    launcher: join(root, "codemonkeys"),
  };
}

const PEOPLE = {
  ada: { name: "Ada Hansen", email: "ada@harbour.example" },
  grace: { name: "Grace Petersen", email: "grace@harbour.example" },
} as const;

/** git as a person of the fleet would call it; throws with git's own words, since nothing here may fail. */
export async function git(cwd: string, args: readonly string[], who: keyof typeof PEOPLE = "ada"): Promise<string> {
  const { name, email } = PEOPLE[who];
  const result = await runProcess("git", ["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", ...args], {
    cwd,
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
    },
    timeoutMs: 60_000,
  });
  if (result.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr || (result.startError ?? "")}`);
  return result.stdout.trim();
}

/** Writes a commit's files, commits and pushes it, as its author would. */
export async function commitAndPush(path: string, commit: DemoCommit): Promise<string> {
  await writeFiles(path, commit.files);
  await git(path, ["add", "--all"], commit.author);
  await git(path, ["commit", "--quiet", "--message", commit.message], commit.author);
  if (commit.tag) await git(path, ["tag", "--annotate", "--message", commit.tag, commit.tag], commit.author);
  await git(path, ["push", "--quiet", "--set-upstream", "--follow-tags", "origin", "main"], commit.author);
  return git(path, ["rev-parse", "HEAD"]);
}

/** A bare remote and a work tree with the product's history. */
export async function layOutProduct(layout: Layout, product: DemoProduct): Promise<void> {
  const path = await emptyRepository(layout, product.name, join(layout.products, product.name));
  for (const commit of product.history) await commitAndPush(path, commit);
}

/** The organisation repository: constitution and fleet. */
export async function layOutOrganisation(layout: Layout): Promise<void> {
  const path = await emptyRepository(layout, "organisation", layout.organisation);
  const files = { ...(await templates(layout)) };
  await commitAndPush(path, { message: "feat: the harbour fleet and its constitution", author: "ada", files });
}

/** Tells the organisation where its registries are, and pushes that when it is news. */
export async function configureOrganisation(layout: Layout, addresses: { npm: string; pypi: string }): Promise<void> {
  const text = `ship:
  registries:
    npm: { url: "${addresses.npm}" }
    pypi: { url: "${addresses.pypi}" }
`;
  const path = join(layout.organisation, ".codemonkeys", "config.yaml");
  const old = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (old === text) return;
  const files = { ".codemonkeys/config.yaml": text };
  await commitAndPush(layout.organisation, { message: "chore: where the registries are", author: "ada", files });
}

async function templates(layout: Layout): Promise<Record<string, string>> {
  const source = fileURLToPath(new URL("./organisation/", import.meta.url));
  const files: Record<string, string> = {};
  for (const name of await readdir(source)) {
    const text = await readFile(join(source, name), "utf8");
    files[name] = text.replaceAll("@REMOTES@", layout.remotes);
  }
  return files;
}

/** The user's own configuration and a launcher, so that every command can be run again by hand in this folder. */
export async function writeLauncher(layout: Layout, tokens: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(layout.config, { recursive: true });
  await writeFile(
    join(layout.config, "config.yaml"),
    `organisation: { url: ../remotes/organisation.git, ref: main }\nworkspaces: ../products\nstate: ../state\n`,
  );
  const lines = Object.entries(tokens).map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`);
  await writeFile(join(layout.config, "tokens.env"), lines.join(""), { mode: 0o600 });
  const bundle = fileURLToPath(new URL("../resources/codemonkeys/codemonkeys.mjs", import.meta.url));
  await writeFile(
    layout.launcher,
    `#!/bin/sh
# Code Monkeys Ship with the demo fleet's configuration and its (loopback) tokens.
here=$(cd "$(dirname "$0")" && pwd)
export CODEMONKEYS_CONFIG_HOME="$here/config"
export PATH='${dirname(process.execPath)}':"$PATH"
set -a
. "$here/config/tokens.env"
set +a
exec '${process.execPath}' '${bundle}' "$@"
`,
  );
  await chmod(layout.launcher, 0o755);
}

async function emptyRepository(layout: Layout, name: string, path: string): Promise<string> {
  await mkdir(layout.remotes, { recursive: true });
  await mkdir(path, { recursive: true });
  await git(layout.remotes, ["init", "--quiet", "--bare", `${name}.git`]);
  await git(path, ["init", "--quiet"]);
  await git(path, ["config", "user.name", PEOPLE.ada.name]);
  await git(path, ["config", "user.email", PEOPLE.ada.email]);
  await git(path, ["remote", "add", "origin", join(layout.remotes, `${name}.git`)]);
  return path;
}

async function writeFiles(root: string, files: DemoCommit["files"]): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const target = join(root, path);
    if (text === null) {
      await rm(target);
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
