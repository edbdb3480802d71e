import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Audit, type AuditOptions, openAudit } from "../../../src/constitution/audit.ts";
import { type Constitution, readConstitution } from "../../../src/constitution/constitution.ts";
import { createGate, type Gate } from "../../../src/constitution/gate.ts";
import type { GateOptions } from "../../../src/constitution/gate-options.ts";
import { supposedFacts } from "../../../src/constitution/probe.ts";
import type { Diagnostic, Outcome } from "../../../src/core/diagnostic.ts";
import type { Event } from "../../../src/core/events.ts";
import type { FactName, Facts, FactValue } from "../../../src/core/facts.ts";
import { createRedactor, type Redactor } from "../../../src/core/redact.ts";
import { openSwarm, type Swarm } from "../../../src/swarm/open.ts";

/** The value of an outcome that must be a success. */
export function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics, null, 1));
  return outcome.value;
}

/** The diagnostics of an outcome that must be a failure. */
export function diagnosticsOf(outcome: Outcome<unknown>): readonly Diagnostic[] {
  if (outcome.ok) throw new Error("expected a failure");
  return outcome.diagnostics;
}

/** The first code of a failure; undefined for a success. */
export function codeOf(outcome: Outcome<unknown>): string | undefined {
  return outcome.ok ? undefined : outcome.diagnostics[0]?.code;
}

export function constitution(rules: string, rest = ""): Constitution {
  const indented = rules.replaceAll(/^/gm, "  ");
  return must(readConstitution(`version: 1\nrules:\n${indented}\n${rest}`, { file: "constitution.yaml" }));
}

export function facts(values: { readonly [N in FactName]?: FactValue<N> }): Facts {
  return supposedFacts(Object.entries(values) as [FactName, unknown][]);
}

export async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "codemonkeys-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A clock that a test moves. Starts on Monday 16 November 2026, 09:00 UTC. */
export function testClock(start = Date.parse("2026-11-16T09:00:00Z")) {
  let ms = start;
  return {
    now: () => ms,
    advance: (by: number) => {
      ms += by;
    },
    set: (iso: string) => {
      ms = Date.parse(iso);
    },
  };
}

export async function testAudit(options: Partial<AuditOptions> = {}): Promise<Audit> {
  const dir = options.dir ?? join(await scratch(), "audit");
  return must(await openAudit({ clock: testClock(), redactor: createRedactor(), ...options, dir }));
}

export interface TestGate {
  readonly gate: Gate;
  readonly audit: Audit;
  readonly swarm: Swarm;
  readonly clock: ReturnType<typeof testClock>;
  readonly events: Event[];
  readonly redactor: Redactor;
  /** Another gate on the same database and log. */
  with(options: Partial<GateOptions>): Gate;
  without(option: "product"): Gate;
}

export async function testGate(policy: Constitution, options: Partial<GateOptions> = {}): Promise<TestGate> {
  const dir = await scratch();
  const clock = testClock();
  const redactor = createRedactor();
  const swarm = must(await openSwarm({ stateDir: dir, clock }));
  onTestFinished(() => swarm.close());
  const audit = await testAudit({ dir: join(dir, "audit"), clock, redactor });
  const events: Event[] = [];
  const base: GateOptions = {
    constitution: policy,
    organisationCommit: "9f3c1d2".padEnd(40, "0"),
    swarm,
    audit,
    clock,
    redactor,
    emit: (event) => events.push(event),
    product: { name: "payments", company: "acme" },
    requester: "zoe",
    mode: "act",
    ...options,
  };
  return {
    gate: createGate(base),
    audit,
    swarm,
    clock,
    events,
    redactor,
    with: (more) => createGate({ ...base, ...more }),
    without: (option) => {
      const { [option]: _, ...rest } = base;
      return createGate(rest);
    },
  };
}

export const COMMIT = "b".repeat(40);
export const DIGEST = "c".repeat(64);
export const COMMIT_TARGET = { repository: "r", branch: "heal/x", base: COMMIT, tree_digest: DIGEST } as const;
export const DEPLOY_TARGET = { environment: "production", service: "shop", digest: DIGEST, hosts: ["web-1"] };
