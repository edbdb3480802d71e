import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { permitOf } from "../../constitution/gate.ts";
import type { Target } from "../../core/action.ts";
import { digestOf } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { initialise, type TofuWork } from "../../tools/tofu/tofu.ts";
import { readSource } from "../secrets/source.ts";

/** One environment of a product's infrastructure, ready to be planned. */
export interface InfraPlace {
  readonly environment: string;
  readonly commit: string;
  readonly work: TofuWork;
  /** Scratch that ends with the command. */
  readonly scratch: string;
  /** The environment's own folder in the user's state directory: plans, outputs and, with the local backend, the state. */
  readonly home: string;
}

/** The environment that is meant: the one that there is, or the named one. */
export function environmentOf(session: Session, named: string | undefined): Outcome<string> {
  const { infrastructure } = productOf(session).spec.value;
  if (!infrastructure) {
    return fail(
      problem("config", "infra.none", `${productOf(session).name} asks for no infrastructure`, {
        where: { file: "SPEC.md" },
        next: "write infrastructure: { environments: […] } into SPEC.md",
      }),
    );
  }
  const { environments } = infrastructure;
  if (named === undefined && environments.length === 1) return succeed(environments[0] as string);
  if (named !== undefined && environments.includes(named)) return succeed(named);
  const meant = named === undefined ? undefined : didYouMean(named, environments);
  return fail(
    problem(
      "config",
      "infra.environment",
      named === undefined ? "which environment is meant?" : `there is no environment ${named}`,
      { next: meant ? `did you mean ${meant}?` : `--environment takes one of: ${environments.join(", ")}` },
    ),
  );
}

/** The environment's folder in the state directory. */
export function infraHome(session: Session, environment: string): string {
  const { company, name } = productOf(session);
  return join(session.homes.state, "infra", company, name, environment);
}

/** Folder of the configuration in the product's repository, as its SPEC.md says. */
export function folderOf(session: Session): string {
  return productOf(session).spec.value.infrastructure?.path ?? "tofu";
}

/**
 * Checks the product's commit out into scratch, tells OpenTofu where this environment's state is, reads the declared
 * secrets behind the gate, and makes the configuration ready. The scratch is removed whatever happens.
 *
 * @param options.folder of the configuration; what SPEC.md says when absent
 */
export async function withInfra<T>(
  session: Session,
  environment: string,
  options: { readonly commit?: string; readonly folder?: string; readonly progress: (text: string) => void },
  use: (place: InfraPlace) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const product = productOf(session);
  const git = await productRepository(session);
  if (!git.ok) return git;
  const head = options.commit === undefined ? await git.value.head() : succeed(options.commit);
  if (!head.ok) return head;
  const backend = backendOf(session, environment);
  if (!backend.ok) return backend;
  const secrets = await infraSecrets(session, environment);
  if (!secrets.ok) return secrets;
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-infra-"));
  try {
    const tree = await git.value.addWorktree(join(scratch, "tree"), head.value);
    if (!tree.ok) return tree;
    const path = options.folder ?? folderOf(session);
    const directory = join(scratch, "tree", path);
    if (!existsSync(directory)) {
      return fail(
        problem("config", "infra.no_folder", `there is no folder ${path} at ${head.value.slice(0, 7)}`, {
          where: { file: "SPEC.md" },
          next: "commit the OpenTofu configuration there, or name its folder in infrastructure.path",
        }),
      );
    }
    const home = infraHome(session, environment);
    await mkdir(join(home, "plans"), { recursive: true, mode: 0o700 });
    // Files that end so are merged over the configuration's own: where its state is kept is not the product's to say.
    await writeFile(join(directory, "codemonkeys_override.tf"), backend.value);
    const work: TofuWork = {
      directory,
      secrets: secrets.value,
      variables: { environment },
      locks: session.half?.does !== "work",
      logFile: join(session.homes.state, "logs", `infra-${product.name}-${environment}.log`),
      redactor: session.redactor,
      signal: session.signal,
      progress: options.progress,
    };
    const ready = await initialise(work);
    if (!ready.ok) return ready;
    return await use({ environment, commit: head.value, work, scratch, home });
  } finally {
    await git.value.removeWorktree(join(scratch, "tree"));
    await rm(scratch, { recursive: true, force: true });
  }
}

/** PostgreSQL cuts longer names off. */
const LONGEST_NAME = 63;

/**
 * The PostgreSQL schema of one environment's state: never another's. Where the names have other letters than plain ones, or
 * are too long, a digest tells them apart.
 */
export function schemaOf(names: readonly [company: string, product: string, environment: string]): string {
  const plain = ["infra", ...names].join("_");
  if (names.every((name) => /^[a-z0-9]+$/.test(name)) && plain.length <= LONGEST_NAME) return plain;
  const digest = digestOf([...names]).slice(0, 12);
  return `${plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, "_")
    .slice(0, LONGEST_NAME - digest.length - 1)}_${digest}`;
}

/** The block that says where the state is. Text of the configuration language: JSON strings are its strings. */
function backendOf(session: Session, environment: string): Outcome<string> {
  const { company, name, config } = productOf(session);
  const kind = config.get("infra.backend");
  const block = (settings: Readonly<Record<string, string | boolean>>) => {
    const lines = Object.entries(settings).map(([key, value]) => `    ${key} = ${quoted(value)}`);
    return succeed(`terraform {\n  backend "${kind}" {\n${lines.join("\n")}\n  }\n}\n`);
  };
  switch (kind) {
    case "local":
      if (session.swarm.kind === "postgres") {
        return fail(
          problem(
            "config",
            "infra.local_state",
            "several machines work here, and the infrastructure's state would lie on one",
            {
              next: "set infra.backend to pg or s3 in the organisation's .codemonkeys/config.yaml",
            },
          ),
        );
      }
      return block({ path: join(infraHome(session, environment), "terraform.tfstate") });
    case "pg":
      return block({ schema_name: schemaOf([company, name, environment]) });
    case "s3": {
      const bucket = config.get("infra.bucket");
      if (bucket === undefined) break;
      const endpoint = config.get("infra.bucket_endpoint");
      return block({
        bucket,
        key: `${company}/${name}/${environment}.tfstate`,
        region: session.environment.AWS_REGION ?? "us-east-1",
        use_lockfile: true,
        encrypt: endpoint === undefined,
        ...(endpoint === undefined
          ? {}
          : {
              use_path_style: true,
              skip_credentials_validation: true,
              skip_region_validation: true,
              skip_requesting_account_id: true,
            }),
        ...(endpoint === undefined ? {} : { endpoint }),
      });
    }
  }
  return fail(
    problem(
      "config",
      "infra.backend",
      kind === "s3" ? "infra.backend is s3, and infra.bucket is not set" : `infra.backend is ${kind}`,
      {
        next: "it is local, pg or s3 with infra.bucket; set it in the organisation's .codemonkeys/config.yaml",
      },
    ),
  );
}

function quoted(value: string | boolean): string {
  return typeof value === "boolean"
    ? String(value)
    : JSON.stringify(value).replaceAll("${", "$${").replaceAll("%{", "%%{");
}

const namesIn = (list: string) => list.split(/[\s,]+/).filter((name) => name !== "");

/** The declared secrets, each from its variable where CI bound it, else from an encrypted file; behind `secret.read`. */
async function infraSecrets(session: Session, environment: string): Promise<Outcome<Record<string, string>>> {
  if (session.half?.does === "work") return planSecrets(session, environment);
  const names = namesIn(productOf(session).config.get("infra.secrets"));
  const gate = session.gate.bound({ pillar: "infra", attempt: 1, trigger: session.trigger });
  const permit = async (target: Target<"secret.read">) => permitOf(await gate("secret.read", target, {}));
  const found: Record<string, string> = {};
  for (const name of names) {
    const bound = session.environment[name] !== undefined;
    const source = { kept: bound ? "environment" : "encrypted", name, from: "infra.secrets" } as const;
    const value = await readSource({ session, permit }, source, `secret ${name} of ${environment}`);
    if (!value.ok) return value;
    found[name] = value.value;
  }
  return succeed(found);
}

/** Where nothing may act a plan gets what is bound there to read with, and nothing else. */
function planSecrets(session: Session, environment: string): Outcome<Record<string, string>> {
  const { config } = productOf(session);
  const said = config.get("infra.plan_secrets");
  if (said === undefined && namesIn(config.get("infra.secrets")).length > 0) {
    return fail(
      problem(
        "config",
        "infra.no_plan_secrets",
        `the keys of ${environment} are the act half's, and a plan needs some to read with`,
        {
          next: "name variables that may only read as infra.plan_secrets in the organisation's .codemonkeys/config.yaml, and bind them for the product's builds; empty when it needs none",
        },
      ),
    );
  }
  const found: Record<string, string> = {};
  for (const name of namesIn(said ?? "")) {
    const value = session.environment[name]?.trim();
    if (!value) {
      return fail(
        problem("secret", "infra.plan_secret", `${name}, with which ${environment} is planned, is not bound`, {
          next: `in Jenkins: monkeysInfraApply(credentials: [${name}: 'the id of a secret text'])`,
        }),
      );
    }
    session.redactor.add(value);
    found[name] = value;
  }
  return succeed(found);
}
