import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, parseDocument, stringify } from "yaml";
import { defaultConstitution } from "../constitution/default.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { makeFolder, writeFileAtomic } from "../core/files.ts";
import { directoryTree } from "../ecosystems/index.ts";
import { readFleet } from "../pipeline/fleet.ts";
import type { Workplace } from "../pipeline/session.ts";
import { repositoryAt } from "../pipeline/session-git.ts";
import { cargoCommandsThere } from "../tools/cargo/index.ts";
import { foundRepository } from "../tools/git/git.ts";
import { trivyThere } from "../tools/trivy/trivy.ts";
import { type InferredSpec, inferSpec } from "./infer-spec.ts";
import { CARGO_EXTRAS, type InferredStage } from "./infer-stages.ts";
import { readUserConfig, type UserConfig } from "./user-config.ts";

export interface InitReport {
  readonly product: string;
  /** Files of the product that were written; the ones that were there stay as they are. */
  readonly written: readonly string[];
  readonly kept: readonly string[];
  /** Stages that SPEC.md was given and where each comes from; none where it was there. */
  readonly stages: readonly InferredStage[];
  readonly organisation: { readonly url: string; readonly founded: boolean; readonly listed: boolean };
  /** What is left for the person to do, as commands or sentences. */
  readonly next: readonly string[];
}

/**
 * Takes a repository in: writes SPEC.md and `.codemonkeys/config.yaml` where they are missing, and, where no organisation
 * is configured, founds one on this machine with a constitution under which the whole loop runs. It is a person's own
 * act, before there is a policy; it never overwrites a file and commits to no repository that it did not found.
 */
export async function initProduct(
  workplace: Workplace,
  options: { readonly product: string | undefined; readonly company: string | undefined },
): Promise<Outcome<InitReport>> {
  const git = await repositoryAt(workplace, workplace.cwd);
  if (!git.ok) return git;
  const { root } = git.value;
  const user = await readUserConfig(workplace.homes, workplace.environment);
  if (!user.ok) return user;
  const company = options.company ?? "home";
  const tree = directoryTree(root);
  const rust = (await tree.list()).some((file) => /(?:^|\/)Cargo\.toml$/.test(file));
  const extras = rust ? CARGO_EXTRAS : [];
  const machine = { cargo: await cargoCommandsThere(extras, { cwd: root, signal: workplace.signal }) };
  const spec = await inferSpec(root, tree, { product: options.product, company, machine });
  if (!spec.ok) return spec;
  const repo = await git.value.remoteUrl("origin");
  const entry = { company, repo: repo.ok ? repo.value : root };
  if (workplace.dryRun) return succeed(plannedReport(root, spec.value, user.value));
  const organisation = user.value.organisation
    ? await joinOrganisation(workplace, user.value.organisation.url, spec.value.product, entry)
    : await foundOrganisation(workplace, user.value, spec.value.product, entry);
  if (!organisation.ok) return organisation;
  const files = { "SPEC.md": spec.value.text, ".codemonkeys/config.yaml": configText(spec.value) };
  const written: string[] = [];
  const kept: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    if (existsSync(join(root, path))) kept.push(path);
    else {
      await writeFileAtomic(join(root, path), text);
      written.push(path);
    }
  }
  const next = [
    ...organisation.value.next,
    ...(written.includes("SPEC.md") ? specNext(spec.value) : []),
    "codemonkeys generate",
    "codemonkeys run",
  ];
  const { url, founded, listed } = organisation.value;
  return succeed(
    {
      product: spec.value.product,
      written,
      kept,
      stages: written.includes("SPEC.md") ? spec.value.stages : [],
      organisation: { url, founded, listed },
      next,
    },
    spec.warnings,
  );
}

/** What is left to say in a SPEC.md that was inferred. */
function specNext({ stages }: InferredSpec): string[] {
  const missing = `say in SPEC.md how the product is built and tested, without which run and heal have nothing to do:
stages:
  build: COMMAND
  test: COMMAND`;
  return [...(stages.length === 0 ? [missing] : []), "read SPEC.md and say what the product must do"];
}

interface Joined {
  readonly url: string;
  readonly founded: boolean;
  readonly listed: boolean;
  readonly next: readonly string[];
}

interface FleetEntry {
  readonly company: string;
  readonly repo: string;
}

async function foundOrganisation(
  workplace: Workplace,
  user: UserConfig,
  product: string,
  entry: FleetEntry,
): Promise<Outcome<Joined>> {
  const url = join(user.homes.config, "organisation");
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const scanner = await trivyThere(workplace.signal);
  const founded = await foundRepository(
    url,
    {
      files: {
        "constitution.yaml": defaultConstitution({ timeZone, people: [workplace.requester], scanner }),
        "fleet.yaml": stringify({ companies: { [entry.company]: {} }, products: { [product]: entry } }),
      },
      message: "feat: the fleet and its constitution",
      author: { name: workplace.requester, email: `${workplace.requester}@localhost` },
    },
    { redactor: workplace.redactor, signal: workplace.signal },
  );
  if (!founded.ok) return founded;
  const text = await readOptional(user.file);
  const document = parseDocument(text);
  document.setIn(["organisation"], { url, ref: "main" });
  await makeFolder(user.homes.config);
  await writeFileAtomic(user.file, document.toString());
  return succeed({
    url,
    founded: true,
    listed: true,
    next: [
      `read ${join(url, "constitution.yaml")}: it is what may be done`,
      ...(scanner
        ? []
        : [
            "install Trivy and have releases scanned (release.requires there): until then nobody looks at what goes out",
          ]),
    ],
  });
}

/** Lists the product in an organisation's work tree on this machine; for any other, says what to add. */
async function joinOrganisation(
  workplace: Workplace,
  url: string,
  product: string,
  entry: FleetEntry,
): Promise<Outcome<Joined>> {
  const file = join(url, "fleet.yaml");
  const snippet = stringify({ products: { [product]: entry } }).trimEnd();
  if (!existsSync(file)) {
    return succeed({ url, founded: false, listed: false, next: [`add to fleet.yaml of ${url}:\n${snippet}`] });
  }
  const text = await readFile(file, "utf8");
  const fleet = readFleet(text, { file });
  if (!fleet.ok) return fleet;
  const commit = `git -C ${url} commit --all --message "feat: ${product} joins the fleet"`;
  if (Object.hasOwn(fleet.value.value.products, product)) {
    // The organisation is what is committed: a listing that is only in the work tree does not count yet.
    const git = await repositoryAt(workplace, url);
    if (!git.ok) return git;
    const status = await git.value.status();
    if (!status.ok) return status;
    const changed = status.value.some(({ path }) => path === "fleet.yaml");
    return succeed({ url, founded: false, listed: true, next: changed ? [commit] : [] });
  }
  const document = parseDocument(text);
  if (!isMap(document.contents)) return fail(unreadable(file));
  document.setIn(["products", product], entry);
  if (!document.hasIn(["companies", entry.company])) document.setIn(["companies", entry.company], {});
  await writeFileAtomic(file, document.toString({ lineWidth: 0 }));
  return succeed({
    url,
    founded: false,
    listed: true,
    next: [commit],
  });
}

function unreadable(file: string): Diagnostic {
  return problem("config", "fleet.not_a_mapping", `${file} is not a mapping`, { where: { file } });
}

function configText({ packages }: InferredSpec): string {
  const option = { npm: "npm", pypi: "pypi", cargo: "crates_io", docker: "docker_hub" } as const;
  const registries = Object.fromEntries(
    packages.filter(({ publish }) => publish).map(({ ecosystem }) => [option[ecosystem], true]),
  );
  const head =
    "# How this product's tools are reached; codemonkeys config explain shows every key and where it comes from.\n";
  return head + (Object.keys(registries).length > 0 ? stringify({ ship: { registries } }) : "{}\n");
}

function plannedReport(root: string, spec: InferredSpec, user: UserConfig): InitReport {
  const files = ["SPEC.md", ".codemonkeys/config.yaml"];
  return {
    product: spec.product,
    stages: existsSync(join(root, "SPEC.md")) ? [] : spec.stages,
    written: files.filter((path) => !existsSync(join(root, path))),
    kept: files.filter((path) => existsSync(join(root, path))),
    organisation: {
      url: user.organisation?.url ?? join(user.homes.config, "organisation"),
      founded: !user.organisation,
      listed: false,
    },
    next: [],
  };
}

async function readOptional(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
