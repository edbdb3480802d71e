import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { type ProcessResult, runProcess } from "../../core/process.ts";
import type { Redactor } from "../../core/redact.ts";
import { jsonOf, type Message, readMessages } from "./messages.ts";
import { type InfraPlan, readPlan } from "./plan.ts";

export type { InfraChange, InfraPlan } from "./plan.ts";

/** One OpenTofu configuration in scratch, and how its program is run. */
export interface TofuWork {
  /** Folder of the configuration: a copy in scratch, for `init` writes into it. */
  readonly directory: string;
  /** Secrets by variable, for providers and backends; redacted from everything that is kept. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Values of the configuration's input variables, by name; no secrets. */
  readonly variables: Readonly<Record<string, string>>;
  /** False where the secrets may only read: a plan then takes no lock on the state, which `apply` compares anyway. */
  readonly locks: boolean;
  readonly logFile: string;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** What it says while it works, one sentence at a time. */
  readonly progress: (text: string) => void;
}

const TIMEOUT_MS = 60 * 60_000;
/** How long another's lock on the state is waited for. */
const LOCK_TIMEOUT = "30s";
const HANDED_DOWN = ["TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_LOG"];

/** Makes the configuration ready: its modules, its providers as the lock file pins them, its backend. */
export async function initialise(work: TofuWork): Promise<Outcome<void>> {
  const result = await call(work, ["init", "-input=false", "-no-color", "-reconfigure"]);
  if (result.ended === "exited" && result.exitCode === 0) return succeed(undefined);
  return fail(ended(result, "init") ?? unreadable(result, "init"));
}

/**
 * Plans into a file and reads it. `destroy` plans to remove everything; `refresh` only asks every provider what the world
 * holds that the state does not say.
 */
export async function planInto(
  work: TofuWork,
  file: string,
  mode: "change" | "destroy" | "refresh",
): Promise<Outcome<InfraPlan>> {
  const flags = { change: [], destroy: ["-destroy"], refresh: ["-refresh-only"] }[mode];
  const lock = work.locks ? `-lock-timeout=${LOCK_TIMEOUT}` : "-lock=false";
  const planned = await judged(work, ["plan", `-out=${file}`, ...flags, lock]);
  if (!planned.ok) return planned;
  const plan = await planIn(work, file);
  return plan.ok ? succeed(plan.value, planned.warnings) : plan;
}

/** What is in a plan's file, as OpenTofu itself reads it. */
export async function planIn(work: TofuWork, file: string): Promise<Outcome<InfraPlan>> {
  const shown = await call(work, ["show", "-json", "-no-color", file], { keepBytes: 64 * 1024 * 1024, quiet: true });
  if (shown.exitCode !== 0) return fail(ended(shown, "show") ?? unreadable(shown, "show"));
  return readPlan(shown.stdout);
}

/** Applies exactly the plan in the file; OpenTofu itself refuses one that the state has moved past (`tofu.stale_plan`). */
export function applyPlan(
  permit: Permit<"infra.apply">,
  target: Target<"infra.apply">,
  work: TofuWork,
  file: string,
): Promise<Outcome<void>> {
  return perform(permit, "infra.apply", target, () => judged(work, ["apply", `-lock-timeout=${LOCK_TIMEOUT}`, file]));
}

/** The configuration's outputs that are not sensitive, by name. The sensitive ones are redacted from here on. */
export async function outputs(work: TofuWork): Promise<Outcome<Record<string, unknown>>> {
  const result = await call(work, ["output", "-json", "-no-color"], { quiet: true });
  if (result.exitCode !== 0) return fail(ended(result, "output") ?? unreadable(result, "output"));
  const all = JSON.parse(jsonOf(result.stdout)) as Record<
    string,
    { readonly sensitive?: boolean; readonly value: unknown }
  >;
  for (const { sensitive, value } of Object.values(all)) if (sensitive) redactAll(work.redactor, value);
  const open = Object.entries(all).filter(([, { sensitive }]) => !sensitive);
  return succeed(Object.fromEntries(open.map(([name, { value }]) => [name, value])));
}

/** Shorter texts (`true`, a port) would hit ordinary words. */
const SHORTEST_SECRET = 6;

function redactAll(redactor: Redactor, value: unknown): void {
  if (typeof value === "string" && value.length >= SHORTEST_SECRET) redactor.add(value);
  if (typeof value === "object" && value !== null) for (const one of Object.values(value)) redactAll(redactor, one);
}

/** A command that tells its progress and its problems as JSON lines. */
async function judged(work: TofuWork, args: readonly string[]): Promise<Outcome<void>> {
  const messages: Message[] = [];
  const [command = "", ...rest] = args;
  const result = await call(work, [command, "-input=false", "-json", ...rest], {
    onLine(line) {
      for (const message of readMessages(line)) {
        messages.push(message);
        if (message.progress !== undefined) work.progress(message.progress);
      }
    },
  });
  const diagnostics = messages.flatMap(({ diagnostic }) => (diagnostic ? [diagnostic] : []));
  if (result.ended === "exited" && result.exitCode === 0) {
    return succeed(
      undefined,
      diagnostics.map((one) => ({ ...one, severity: "warning" as const })),
    );
  }
  const stopped = ended(result, command);
  if (stopped) return fail(stopped);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return errors.length > 0 ? fail(...errors) : fail(unreadable(result, command));
}

function call(
  work: TofuWork,
  args: readonly string[],
  more: { readonly onLine?: (line: string) => void; readonly keepBytes?: number; readonly quiet?: boolean } = {},
): Promise<ProcessResult> {
  for (const secret of Object.values(work.secrets)) work.redactor.add(secret);
  const variables = Object.entries(work.variables).map(([name, value]) => [`TF_VAR_${name}`, value]);
  return runProcess("tofu", args, {
    cwd: work.directory,
    env: {
      TF_IN_AUTOMATION: "1",
      TF_INPUT: "0",
      CHECKPOINT_DISABLE: "1",
      ...Object.fromEntries(variables),
      ...work.secrets,
    },
    inherit: HANDED_DOWN,
    timeoutMs: TIMEOUT_MS,
    redactor: work.redactor,
    signal: work.signal,
    ...(more.quiet ? {} : { logFile: work.logFile }),
    ...(more.keepBytes === undefined ? {} : { keepBytes: more.keepBytes }),
    ...(more.onLine ? { onLine: (line, stream) => stream === "stdout" && more.onLine?.(line) } : {}),
  });
}

/** Why it did not come to an end by itself. */
function ended(result: ProcessResult, command: string): Diagnostic | undefined {
  if (result.ended === "not_started") {
    return problem("config", "tofu.missing", `OpenTofu cannot be started: ${result.startError ?? "unknown"}`, {
      next: "install OpenTofu 1.8 or newer and put tofu on the PATH; scripts/install-tofu.sh builds it",
    });
  }
  if (result.ended === "timeout") {
    return problem(
      "infrastructure",
      "tofu.timeout",
      `tofu ${command} did not end within ${TIMEOUT_MS / 60_000} minutes`,
      {
        next: "see its log for where it stood; its lock on the state may need tofu force-unlock",
      },
    );
  }
  if (result.ended === "cancelled") {
    return problem("infrastructure", "tofu.cancelled", `tofu ${command} was stopped`, {
      next: "run the same command again: it goes on from the state",
    });
  }
  return undefined;
}

function unreadable(result: ProcessResult, command: string): Diagnostic {
  const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-20).join("\n");
  return problem("infrastructure", "tofu.failed", `tofu ${command} failed with exit status ${result.exitCode}`, {
    next: "read what it said; the whole of it is in the log",
    details: said,
  });
}
