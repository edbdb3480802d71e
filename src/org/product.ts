import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ConfigLayer, readConfig } from "../core/config.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Located } from "../core/yaml.ts";
import { checkAgainstFleet, type Fleet, type FleetProduct, productEntry } from "../pipeline/fleet.ts";
import type { OpenProduct } from "../pipeline/session.ts";
import { repositoryAt } from "../pipeline/session-git.ts";
import { readSpec } from "../pipeline/spec.ts";
import { catchUp, cloneRepository, holdsNothing, type RemoteCredentials } from "../tools/git/git.ts";
import { companyEnvironment } from "./company-environment.ts";
import type { UserConfig } from "./user-config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens the product that a command is about: by name, or the one whose work tree `cwd` lies in. */
export async function openProduct(options: {
  readonly cwd: string;
  readonly name: string | undefined;
  readonly fleet: Located<Fleet>;
  readonly organisationConfig: ConfigLayer | undefined;
  readonly user: UserConfig;
  readonly environment: Environment;
  /** A checkout of the program's own is brought to where its branch stands at the remote: nobody else does. */
  readonly catchUp: boolean;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}): Promise<Outcome<OpenProduct>> {
  const found = await findWorkTree(options);
  if (!found.ok) return found;
  const path = found.value;
  const git = await repositoryAt(options, path);
  if (!git.ok) return git;
  const spec = readSpec(await readFile(join(path, "SPEC.md"), "utf8"), { file: "SPEC.md" });
  const layers = [options.organisationConfig, await productLayer(path)].filter((layer) => layer !== undefined);
  const config = readConfig(layers);
  const problems: Diagnostic[] = [];
  if (!spec.ok) problems.push(...spec.diagnostics);
  if (!config.ok) problems.push(...config.diagnostics);
  if (!spec.ok || !config.ok) return fail(...problems);
  const fits = checkAgainstFleet(
    spec.value,
    options.fleet,
    (environment) =>
      config.value.get("ship.ansible.inventory") !== undefined ||
      (spec.value.value.infrastructure?.environments.includes(environment) ?? false),
  );
  if (!fits.ok) return fits;
  const { product: name, company } = spec.value.value;
  return succeed({ name, company, path, repository: git.value.identity, spec: spec.value, config: config.value }, [
    ...spec.warnings,
    ...config.warnings,
    ...fits.warnings,
    ...found.warnings,
  ]);
}

async function findWorkTree(options: Parameters<typeof openProduct>[0]): Promise<Outcome<string>> {
  const { cwd, name, fleet, user } = options;
  const here = nearestSpec(cwd);
  if (name === undefined) {
    if (here) return succeed(here);
    return fail(
      problem("config", "product.unknown", `${cwd} is not in the work tree of a product (no SPEC.md here or above)`, {
        next: `change into a product's folder, or name one: --product NAME (known: ${Object.keys(fleet.value.products).join(", ") || "none yet; codemonkeys init adds one"})`,
      }),
    );
  }
  if (here && (await nameIn(here)) === name) return succeed(here);
  const entry = productEntry(fleet.value, name);
  if (!entry) {
    const meant = didYouMean(name, Object.keys(fleet.value.products));
    return fail(
      problem(
        "config",
        "product.not_in_fleet",
        `the fleet has no product ${name}${meant ? `; did you mean ${meant}?` : ""}`,
        {
          next: `known: ${Object.keys(fleet.value.products).join(", ")}`,
        },
      ),
    );
  }
  const warnings: Diagnostic[] = [];
  const workspace = join(user.workspaces ?? join(user.homes.state, "checkouts", entry.company), name);
  const means = { redactor: options.redactor, signal: options.signal };
  const credentials = checkoutCredentials(entry, fleet.value, options);
  const own = user.workspaces === undefined;
  const hasSpec = () => existsSync(join(workspace, "SPEC.md"));
  // One of the program's own that holds nothing is no checkout yet.
  const empty = own && existsSync(workspace) ? await holdsNothing(workspace, means) : succeed(false);
  if (!empty.ok) return empty;
  if (empty.value) await rm(workspace, { recursive: true, force: true });
  if (!existsSync(workspace)) {
    const cloned = await cloneRepository(entry.repo, workspace, { ...means, credentials });
    if (!cloned.ok) return cloned;
  } else if (own && (options.catchUp || !hasSpec())) {
    const caught = await catchUp(workspace, { ...means, credentials });
    if (!caught.ok) return caught;
    if (!caught.value) warnings.push(notCaughtUp(workspace));
  }
  if (hasSpec()) return succeed(workspace, warnings);
  return fail(
    problem("config", "product.no_spec", `${name} has no SPEC.md`, {
      where: { file: join(workspace, "SPEC.md") },
      next: `cd ${workspace} && codemonkeys init writes one from what is there`,
    }),
  );
}

/** The token of the company's GitHub account, where it is bound and the repository is reached by https. */
function checkoutCredentials(
  { repo, company }: FleetProduct,
  fleet: Fleet,
  { environment, redactor }: { readonly environment: Environment; readonly redactor: Redactor },
): RemoteCredentials | undefined {
  const account = fleet.companies[company]?.accounts.github;
  const token = companyEnvironment(environment, fleet, company)[account?.token_env ?? ""];
  if (!/^https:\/\//.test(repo) || !account || !token) return undefined;
  redactor.add(token);
  return { username: account.user ?? "x-access-token", token };
}

function notCaughtUp(workspace: string): Diagnostic {
  return problem(
    "infrastructure",
    "product.behind",
    `${workspace} has commits or changes of its own and stays as it is`,
    {
      severity: "warning",
      next: `look at them (git -C ${workspace} status); without them, remove the folder: it is made again`,
    },
  );
}

/** The nearest folder at or above `cwd` that holds a SPEC.md. */
export function nearestSpec(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "SPEC.md"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The product whose work tree a folder lies in; undefined outside of one, or where its spec cannot be read. */
export async function nearestProduct(
  cwd: string,
): Promise<{ readonly name: string; readonly path: string } | undefined> {
  const path = nearestSpec(cwd);
  const name = path && (await nameIn(path));
  return path && name ? { name, path } : undefined;
}

async function nameIn(path: string): Promise<string | undefined> {
  const spec = readSpec(await readFile(join(path, "SPEC.md"), "utf8"), { file: "SPEC.md" });
  return spec.ok ? spec.value.value.product : undefined;
}

async function productLayer(path: string): Promise<ConfigLayer | undefined> {
  const file = ".codemonkeys/config.yaml";
  try {
    return { layer: "product", text: await readFile(join(path, file), "utf8"), file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
