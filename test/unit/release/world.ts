import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Audit, openAudit } from "../../../src/constitution/audit.ts";
import { readConstitution } from "../../../src/constitution/constitution.ts";
import { createGate } from "../../../src/constitution/gate.ts";
import { type Clock, systemClock } from "../../../src/core/clock.ts";
import { readConfig } from "../../../src/core/config.ts";
import type { Outcome } from "../../../src/core/diagnostic.ts";
import type { Event } from "../../../src/core/events.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { homes as homesOf } from "../../../src/core/state-home.ts";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { readSpec } from "../../../src/pipeline/spec.ts";
import { openArtifacts } from "../../../src/swarm/artifacts.ts";
import { openSwarm } from "../../../src/swarm/open.ts";

export function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.diagnostics.map((d) => `${d.code}: ${d.message}\n${d.details ?? ""}`).join("\n"));
}

export const RELEASE_RULES = `version: 1
rules:
  - id: releases-from-main
    allow: [git.commit, git.push, release.tag, package.publish, announce.post, secret.read]
    when: run.pillar in ["release", "publish", "announce"] && source.branch == "main"
`;

export interface WorldOptions {
  readonly front: string;
  readonly files: Readonly<Record<string, string>>;
  readonly accounts?: string;
}

/** Where a world lies and what its organisation says: enough for another process to open a session in it. */
export interface WorldPlace {
  readonly root: string;
  readonly product: string;
  readonly origin: string;
  readonly spec: string;
  readonly fleet: string;
}

export interface SessionOptions {
  readonly dryRun?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly constitution?: string;
  readonly config?: string;
  /** The text of SPEC.md, where it is another than the committed one. */
  readonly spec?: string;
  /** Called after each entry of the audit log is written. */
  readonly onAudit?: (kind: string, action: string) => void;
}

export interface World {
  readonly place: WorldPlace;
  readonly events: Event[];
  /** A session as a new process would open it, on the same state. */
  session(options?: SessionOptions): Promise<Session>;
  git(...args: string[]): string;
  write(path: string, text: string): void;
  /** Commits everything and pushes it. */
  commit(message: string): string;
  /** States and titles of the tasks that ended. */
  told(): string[];
  close(): Promise<void>;
}

/** A product with a first commit, its remote and an organisation's files, in a scratch folder. */
export async function releaseWorld(options: WorldOptions): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "codemonkeys-")));
  const product = join(root, "product");
  const origin = join(root, "origin.git");
  const opened: Session[] = [];
  const events: Event[] = [];
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], {
      cwd: product,
      encoding: "utf8",
      env,
    }).trim();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(product, path)), { recursive: true });
    writeFileSync(join(product, path), text);
  };
  const commit = (message: string) => {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    git("push", "-q", "origin", "main");
    return git("rev-parse", "HEAD");
  };
  mkdirSync(product);
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", origin], { env });
  git("init", "-q", "-b", "main");
  git("remote", "add", "origin", origin);
  const spec = `---\nproduct: payments\ncompany: acme\n${options.front}\n---\n# Payments\n`;
  write("SPEC.md", spec);
  for (const [path, text] of Object.entries(options.files)) write(path, text);
  commit("feat: begin");
  const accounts = options.accounts ?? "{}";
  const fleet = `companies:\n  acme: { accounts: ${accounts} }\nproducts:\n  payments: { company: acme, repo: ${JSON.stringify(origin)} }\n`;
  const place = { root, product, origin, spec, fleet };
  return {
    place,
    events,
    git,
    write,
    commit,
    async session(sessionOptions = {}) {
      const session = await sessionIn(place, (event) => void events.push(event), sessionOptions);
      opened.push(session);
      return session;
    },
    told: () =>
      events.flatMap((event) =>
        event.type === "task.finished" ? [`${event.state} ${event.title ?? event.task}`] : [],
      ),
    async close() {
      for (const { swarm } of opened) await swarm.close();
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A session in a world, on the state that lies there. */
export async function sessionIn(
  place: WorldPlace,
  emit: (event: Event) => void,
  options: SessionOptions,
): Promise<Session> {
  const { root, product, origin } = place;
  const {
    dryRun = false,
    environment = {},
    clock = systemClock,
    constitution = RELEASE_RULES,
    config = "",
    spec = place.spec,
    onAudit,
  } = options;
  // Tools are shared with the machine; state and configuration are the world's.
  const homes = { config: join(root, "config"), state: join(root, "state"), cache: homesOf().cache };
  const redactor = createRedactor();
  const swarm = must(await openSwarm({ stateDir: homes.state, clock }));
  const log = must(await openAudit({ dir: join(homes.state, "audit"), clock, redactor }));
  const audit: Audit = {
    ...log,
    async append(entry) {
      const appended = await log.append(entry);
      onAudit?.(entry.kind, String((entry.data as { action?: unknown } | undefined)?.action));
      return appended;
    },
  };
  const policy = must(readConstitution(constitution, { file: "constitution.yaml" }));
  const gate = createGate({
    constitution: policy,
    organisationCommit: "0".repeat(40),
    swarm,
    audit,
    clock,
    redactor,
    emit,
    product: { name: "payments", company: "acme" },
    requester: "someone",
    trigger: "person",
    mode: dryRun ? "plan" : "act",
  });
  return {
    cwd: product,
    emit,
    redactor,
    clock,
    homes,
    signal: new AbortController().signal,
    dryRun,
    requester: "someone",
    trigger: "person",
    environment,
    organisation: {
      path: root,
      commit: "0".repeat(40),
      constitution: policy,
      fleet: must(readFleet(place.fleet, { file: "fleet.yaml" })),
    },
    product: {
      name: "payments",
      company: "acme",
      path: product,
      repository: origin,
      spec: must(readSpec(spec, { file: "SPEC.md" })),
      config: must(readConfig([{ layer: "organisation", text: config, file: "config.yaml" }])),
    },
    swarm,
    artifacts: openArtifacts(join(homes.state, "artifacts")),
    audit,
    gate,
  };
}
