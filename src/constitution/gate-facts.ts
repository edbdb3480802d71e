import type { ActionName, Target } from "../core/action.ts";
import { canonicalJson, type Json } from "../core/canonical.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { FactName, Facts } from "../core/facts.ts";
import { modelUse } from "../swarm/model-calls.ts";
import type { Swarm } from "../swarm/open.ts";
import type { Audit, AuditFilter } from "./audit.ts";
import { localTime } from "./calendar.ts";
import type { Constitution } from "./constitution.ts";
import { decisionIn } from "./decision-record.ts";
import { establish } from "./probe.ts";
import { isProtectedBranch } from "./protect.ts";

/** The time, as rules see it. */
export function clockFacts(now: number, timeZone: string): Facts {
  const { weekday, hour, date } = localTime(now, timeZone);
  return establish("gate.clock", `${new Date(now).toISOString()} ${timeZone}`, {
    "now.weekday": weekday,
    "now.hour": hour,
    "now.date": date,
  });
}

/**
 * What the target itself says, so that the facts a rule sees and the thing that is done cannot be about different
 * branches, registries or hosts. A branch is protected when the constitution's list or `given` (the host) says so.
 */
export function targetFacts<A extends ActionName>(
  constitution: Constitution,
  action: A,
  target: Target<A>,
  given: Facts,
): Facts {
  const branch = branchOf(action, target);
  const endpoint = endpointOf(action, target);
  const host = endpoint === undefined ? undefined : hostOf(endpoint);
  const of = target as unknown as Readonly<Record<string, unknown>>;
  const text = (key: string) => (typeof of[key] === "string" ? (of[key] as string) : undefined);
  const isPackage = action === "package.publish" || action === "package.retract";
  return establish("gate.target", canonicalJson(target as unknown as Json), {
    "target.branch.name": branch,
    "target.branch.protected":
      branch === undefined
        ? undefined
        : isProtectedBranch(constitution, branch) || given["target.branch.protected"]?.value === true,
    "target.environment": text("environment"),
    "target.registry": isPackage ? text("registry") : undefined,
    "target.ecosystem": isPackage ? text("ecosystem") : undefined,
    "target.version": isPackage ? text("version") : undefined,
    "target.channel": text("channel"),
    "target.secrets": Array.isArray(of.names) ? (of.names as string[]) : undefined,
    "target.host": host?.name,
    "target.loopback": host?.loopback ?? hostsAreLocal(of.hosts),
  });
}

function branchOf<A extends ActionName>(action: A, target: Target<A>): string | undefined {
  const of = target as unknown as { readonly branch?: string; readonly ref?: string };
  if (action === "git.commit" || action === "pr.open") return of.branch;
  if (action !== "git.push" || of.ref === undefined) return undefined;
  if (of.ref.startsWith("refs/heads/")) return of.ref.slice("refs/heads/".length);
  // A short name pushes a branch; anything else under refs/ (a tag, a note) is no branch.
  return of.ref.startsWith("refs/") ? undefined : of.ref;
}

function endpointOf<A extends ActionName>(action: A, target: Target<A>): string | undefined {
  const of = target as unknown as { readonly registry?: string; readonly to?: string; readonly endpoint?: string };
  switch (action) {
    case "package.publish":
    case "package.retract":
      return of.registry;
    case "announce.post":
    case "webhook.send":
      return of.to;
    case "model.ask":
      return of.endpoint;
    default:
      return undefined;
  }
}

/** Host with port, and whether it is this machine. Undefined for what is no address: unknown is not loopback. */
function hostOf(endpoint: string): { readonly name: string; readonly loopback: boolean } | undefined {
  const url = URL.parse(endpoint);
  if (!url?.host) return undefined;
  const bare = url.hostname.replace(/^\[|\]$/g, "");
  const loopback = bare === "localhost" || bare === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
  return { name: url.host, loopback };
}

/** Whether a list of hosts is this machine alone; undefined where the target has none. */
function hostsAreLocal(hosts: unknown): boolean | undefined {
  return Array.isArray(hosts) ? hosts.length > 0 && hosts.every((host) => host === "localhost") : undefined;
}

/** What the gate knows of the run it judges. */
export function runFacts(
  context: {
    readonly run?: { readonly id: string; readonly startedAt: number };
    readonly pillar?: string;
    readonly attempt?: number;
    readonly trigger?: string;
    readonly requester: string;
    readonly product?: { readonly name: string; readonly company: string };
  },
  now: number,
  { planned }: { readonly planned: boolean },
): Facts {
  // What is only planned has not begun: it would be at its first minute.
  const startedAt = context.run?.startedAt ?? (planned ? now : undefined);
  const values = {
    "run.id": context.run?.id,
    "run.minutes": startedAt === undefined ? undefined : Math.max(0, Math.floor((now - startedAt) / 60_000)),
    "run.pillar": context.pillar,
    "run.attempt": context.attempt,
    "run.trigger": context.trigger,
    "run.requester": context.requester,
    "product.name": context.product?.name,
    "product.company": context.product?.company,
  };
  return establish("gate.run", canonicalJson(values), values);
}

const DAY_MS = 86_400_000;

/**
 * How often models were asked, counted in the audit log, and how many tokens they took, as the journal keeps it; each
 * only where a rule wants to know.
 */
export async function modelFacts(
  { constitution, audit, swarm, run }: ModelContext,
  action: ActionName,
  now: number,
  { planned }: { readonly planned: boolean },
): Promise<Outcome<Facts>> {
  const wanted = (name: FactName) =>
    action === "model.ask" && constitution.rules.some((rule) => rule.condition?.facts.includes(name));
  const calls = async (filter: AuditFilter): Promise<Outcome<number>> => {
    const asked = await audit.entries({ kinds: ["decision"], action: "model.ask", answer: "allow", ...filter });
    return asked.ok ? succeed(asked.value.filter((entry) => decisionIn(entry)?.mode === "act").length) : asked;
  };
  const tokens = async (of: Parameters<typeof modelUse>[1]): Promise<Outcome<number>> => {
    const use = await modelUse(swarm, of);
    return use.ok ? succeed(use.value.tokens) : use;
  };
  const since = now - DAY_MS;
  const id = run?.id;
  const probes: { readonly [N in FactName]?: (() => Promise<Outcome<number>>) | undefined } = {
    // What is only planned has not begun, and has asked nothing; acting without a run leaves both unknown.
    "model.calls_in_run": id !== undefined ? () => calls({ run: id }) : planned ? none : undefined,
    "model.calls_today": () => calls({ since }),
    "model.tokens_in_run": id !== undefined ? () => tokens({ run: id }) : planned ? none : undefined,
    "model.tokens_today": () => tokens({ since }),
  };
  const values: Record<string, number> = {};
  for (const [name, probe] of Object.entries(probes)) {
    if (!probe || !wanted(name as FactName)) continue;
    const counted = await probe();
    if (!counted.ok) return counted;
    values[name] = counted.value;
  }
  return succeed(establish("gate.models", canonicalJson(values), values));
}

interface ModelContext {
  readonly constitution: Constitution;
  readonly audit: Audit;
  readonly swarm: Swarm;
  readonly run?: { readonly id: string };
}

async function none(): Promise<Outcome<number>> {
  return succeed(0);
}
