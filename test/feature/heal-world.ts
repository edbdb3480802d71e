import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openAudit } from "../../src/constitution/audit.ts";
import { readConstitution } from "../../src/constitution/constitution.ts";
import { createGate } from "../../src/constitution/gate.ts";
import type { ActionName } from "../../src/core/action.ts";
import { systemClock } from "../../src/core/clock.ts";
import { readConfig } from "../../src/core/config.ts";
import type { Outcome } from "../../src/core/diagnostic.ts";
import type { Event } from "../../src/core/events.ts";
import { runProcess } from "../../src/core/process.ts";
import { createRedactor } from "../../src/core/redact.ts";
import { healBuild } from "../../src/pillars/heal/heal.ts";
import type { HealReport } from "../../src/pillars/heal/report.ts";
import type { HealRequest } from "../../src/pillars/heal/request.ts";
import { readFleet } from "../../src/pipeline/fleet.ts";
import { planOf } from "../../src/pipeline/plan.ts";
import { productOf, type Session } from "../../src/pipeline/session.ts";
import { readSpec } from "../../src/pipeline/spec.ts";
import { openArtifacts } from "../../src/swarm/artifacts.ts";
import { openSwarm } from "../../src/swarm/open.ts";

/** A small real organisation in scratch: its repository, products with bare remotes, a swarm of its own. */
export interface World {
  readonly root: string;
  /** Makes a product's repository with a remote; the folder's path. */
  product(name: string, files: Readonly<Record<string, string>>, test: string): Promise<string>;
  /** Commits further changes (an empty text deletes) and pushes them. */
  change(name: string, files: Readonly<Record<string, string>>, message?: string): Promise<void>;
  git(name: string, ...args: string[]): Promise<string>;
  remote(name: string): string;
  /** Runs the product's test stage as a build would; the log's path. */
  build(name: string): Promise<{ passed: boolean; log: string }>;
  heal(name: string, options?: HealOptions): Promise<Healed>;
  open(name: string, options?: HealOptions): Promise<{ session: Session; events: Event[]; close(): Promise<void> }>;
  close(): Promise<void>;
}

export interface HealOptions extends Partial<HealRequest> {
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly environment?: Readonly<Record<string, string>>;
}

function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(JSON.stringify(outcome.diagnostics, null, 2));
}

export interface Healed {
  readonly outcome: Outcome<HealReport>;
  readonly report: HealReport;
  readonly events: readonly Event[];
  /** Titles of finished tasks, as a person would read them. */
  readonly told: readonly string[];
}

export const ALLOW_ALL = `version: 1
rules:
  - id: heal-where-proven
    allow: [git.commit, git.push, pr.open, model.ask]
    when: run.pillar == "heal"
`;

const ACTIONS: readonly ActionName[] = ["git.commit", "git.push", "pr.open", "pr.close", "pr.comment", "model.ask"];

export async function createWorld(
  options: {
    constitution?: string;
    config?: string;
    company?: string;
    /** Of the products that are not of the company acme. */
    companies?: Readonly<Record<string, string>>;
  } = {},
): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-world-")));
  const commands = new Map<string, string>();
  const products: string[] = [];
  const companyOf = (name: string) => options.companies?.[name] ?? "acme";
  let builds = 0;
  const git = async (cwd: string, ...args: string[]) => {
    const result = await runProcess("git", ["-c", "user.name=Tester", "-c", "user.email=t@localhost", ...args], {
      cwd,
      env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    });
    if (result.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${result.stderr}`);
    return result.stdout.trim();
  };
  const write = async (folder: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      const place = join(folder, path);
      await mkdir(dirname(place), { recursive: true });
      if (text === "") await rm(place);
      else await writeFile(place, text);
    }
  };
  const open: World["open"] = async (name, given = {}) => {
    const events: Event[] = [];
    const emit = (event: Event) => events.push(event);
    const redactor = createRedactor();
    const state = join(root, "state");
    const constitution = must(readConstitution(options.constitution ?? ALLOW_ALL, { file: "constitution.yaml" }));
    const entries = products.map(
      (one) => `  ${one}: { company: ${companyOf(one)}, repo: ${join(root, `${one}.git`)}, tier: 2 }\n`,
    );
    const companies = [...new Set(["acme", ...products.map(companyOf)])].map(
      (one) => `  ${one}: ${options.company ?? "{}"}\n`,
    );
    const fleet = must(
      readFleet(`companies:\n${companies.join("")}products:\n${entries.join("")}`, {
        file: "fleet.yaml",
      }),
    );
    const config = must(
      readConfig([
        { layer: "organisation", text: options.config ?? "model:\n  token_budget: 0\n", file: "config.yaml" },
      ]),
    );
    const path = join(root, name);
    const spec = must(readSpec(await readFile(join(path, "SPEC.md"), "utf8"), { file: "SPEC.md" }));
    const swarm = must(await openSwarm({ stateDir: state }));
    const audit = must(await openAudit({ dir: join(state, "audit"), clock: systemClock, redactor, swarm }));
    const gate = createGate({
      constitution,
      organisationCommit: "0".repeat(40),
      swarm,
      audit,
      clock: systemClock,
      redactor,
      emit,
      product: { name, company: companyOf(name) },
      requester: "tester",
      trigger: "ci",
      actions: ACTIONS,
      mode: given.dryRun ? "plan" : "act",
    });
    const session: Session = {
      cwd: path,
      organisation: { path: root, commit: "0".repeat(40), constitution, fleet },
      product: { name, company: companyOf(name), path, repository: join(root, `${name}.git`), spec, config },
      swarm,
      artifacts: openArtifacts(join(state, "artifacts")),
      audit,
      gate,
      emit,
      redactor,
      clock: systemClock,
      homes: { config: join(root, "config"), state, cache: join(root, "cache") },
      signal: given.signal ?? new AbortController().signal,
      dryRun: given.dryRun === true,
      requester: "tester",
      trigger: "ci",
      environment: { ...process.env, ...given.environment },
    };
    return { session, events, close: () => swarm.close() };
  };
  const build: World["build"] = async (name) => {
    const log = join(root, `build-${++builds}.log`);
    await writeFile(log, "");
    const result = await runProcess("sh", ["-c", commands.get(name) ?? "false"], {
      cwd: join(root, name),
      logFile: log,
      env: { CI: "true" },
    });
    return { passed: result.exitCode === 0, log };
  };
  return {
    root,
    async product(name, files, test) {
      const folder = join(root, name);
      products.push(name);
      commands.set(name, test);
      await mkdir(folder, { recursive: true });
      await git(root, "init", "-q", "--bare", "-b", "main", `${name}.git`);
      await git(folder, "init", "-q", "-b", "main");
      await git(folder, "remote", "add", "origin", join(root, `${name}.git`));
      await write(folder, {
        "SPEC.md": `---\nproduct: ${name}\ncompany: ${companyOf(name)}\nstages:\n  test: ${JSON.stringify(test)}\n---\n# ${name}\nA product.\n`,
        ...files,
      });
      await git(folder, "add", "-A");
      await git(folder, "commit", "-q", "-m", "feat: begin");
      await git(folder, "push", "-q", "origin", "main");
      return folder;
    },
    async change(name, files, message = "feat: change") {
      await write(join(root, name), files);
      await git(join(root, name), "add", "-A");
      await git(join(root, name), "commit", "-q", "-m", message);
      await git(join(root, name), "push", "-q", "origin", "HEAD");
    },
    git: (name, ...args) => git(join(root, name), ...args),
    remote: (name) => join(root, `${name}.git`),
    build,
    open,
    async heal(name, given = {}) {
      const log = given.log ?? (await build(name)).log;
      const { session, events, close } = await open(name, given);
      try {
        const { spec, config } = productOf(session);
        const { constitution, fleet } = session.organisation;
        const plan = given.plan ?? planOf({ spec, config, constitution, fleet });
        const outcome = await healBuild(session, { stage: "test", ...given, log, plan });
        const told = events.flatMap((event) => (event.type === "task.finished" ? [event.title ?? event.task] : []));
        return { outcome, events, told, report: outcome.ok ? outcome.value : (undefined as never) };
      } finally {
        await close();
      }
    },
    close: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
