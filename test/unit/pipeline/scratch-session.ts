import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openAudit } from "../../../src/constitution/audit.ts";
import { createGate } from "../../../src/constitution/gate.ts";
import { systemClock } from "../../../src/core/clock.ts";
import type { Event } from "../../../src/core/events.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import type { Plan } from "../../../src/pipeline/plan.ts";
import { planOfProduct } from "../../../src/pipeline/product-plan.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { openArtifacts } from "../../../src/swarm/artifacts.ts";
import { openSwarm } from "../../../src/swarm/open.ts";
import { upsertProduct } from "../../../src/swarm/products.ts";
import { configOf, constitutionOf, fleetOf, must, specOf } from "./support.ts";

/** A real product repository with a real session over it, in a scratch folder. */
export interface Scratch {
  readonly root: string;
  /** The product's work tree. */
  readonly product: string;
  readonly session: Session;
  readonly events: Event[];
  plan(): Promise<Plan>;
  /** Another session on the same state, as another process or a later call would have. */
  again(change: Partial<Session>): Session;
  /** The same product under another spec. */
  withSpec(front: string, body?: string): Session;
  write(path: string, text: string): void;
  git(...args: string[]): string;
  /** Commits everything and answers the commit's id. */
  commit(message?: string): string;
  close(): Promise<void>;
}

const ALLOW_GENERATE = `version: 1
rules:
  - id: generated-files
    allow: [files.generate]
    when: run.pillar == "generate"
`;

export async function scratchSession(
  front: string,
  options: { constitution?: string; dryRun?: boolean; environment?: Record<string, string>; body?: string } = {},
): Promise<Scratch> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-")));
  const product = join(root, "product");
  const homes = { config: join(root, "config"), state: join(root, "state"), cache: join(root, "cache") };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(product, path)), { recursive: true });
    writeFileSync(join(product, path), text);
  };
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
      cwd: product,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
    }).trim();
  const commit = (message = "feat: change") => {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  mkdirSync(product);
  git("init", "-q", "-b", "main");
  write("SPEC.md", `---\nproduct: payments\ncompany: acme\n${front}\n---\n${options.body ?? ""}`);
  commit("feat: begin");

  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  const redactor = createRedactor();
  const swarm = must(await openSwarm({ stateDir: homes.state }));
  const audit = must(await openAudit({ dir: join(homes.state, "audit"), clock: systemClock, redactor }));
  const constitution = constitutionOf(options.constitution ?? ALLOW_GENERATE);
  must(
    await upsertProduct(swarm, {
      company: "acme",
      name: "payments",
      repository: product,
      tier: 2,
      priority: "medium",
      approvalMode: "auto",
    }),
  );
  const gate = createGate({
    constitution,
    organisationCommit: "0".repeat(40),
    swarm,
    audit,
    clock: systemClock,
    redactor,
    emit,
    product: { name: "payments", company: "acme" },
    requester: "someone",
    trigger: "person",
    mode: options.dryRun ? "plan" : "act",
  });
  const openProduct = (spec: ReturnType<typeof specOf>) => ({
    name: "payments",
    company: "acme",
    path: product,
    repository: product,
    spec,
    config: configOf(),
  });
  const session: Session = {
    cwd: product,
    emit,
    redactor,
    clock: systemClock,
    homes,
    signal: new AbortController().signal,
    dryRun: options.dryRun ?? false,
    requester: "someone",
    trigger: "person",
    environment: options.environment ?? {},
    organisation: { path: root, commit: "0".repeat(40), constitution, fleet: fleetOf() },
    product: openProduct(specOf(front, options.body)),
    swarm,
    artifacts: openArtifacts(join(homes.state, "artifacts")),
    audit,
    gate,
  };
  return {
    root,
    product,
    session,
    events,
    plan: async () => must(await planOfProduct(session)),
    again: (change) => ({ ...session, ...change }),
    withSpec: (next, body) => ({ ...session, product: openProduct(specOf(next, body)) }),
    write,
    git,
    commit,
    async close() {
      await swarm.close();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
