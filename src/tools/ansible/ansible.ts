import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { perform } from "../../constitution/effect.ts";
import type { ActionName, Target } from "../../core/action.ts";
import type { Json } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { type Emit, silent } from "../../core/events.ts";
import type { Permit } from "../../core/permit.ts";
import { runProcess } from "../../core/process.ts";
import { createRedactor, type Redactor } from "../../core/redact.ts";
import { CALLBACK_FILE_VARIABLE, CALLBACK_NAME, CALLBACK_PLUGIN } from "./callback-plugin.ts";
import { diagnosePlaybook } from "./diagnose.ts";
import { type AnsibleEvent, followEvents, type HostRecap } from "./events.ts";
import { ansibleLocale, ensureAnsible } from "./install.ts";

export { type Ansible, ensureAnsible } from "./install.ts";

export interface PlaybookOptions {
  readonly playbook: string;
  /** Files, directories or lists `host,`, later ones over earlier; absent: this machine alone, with the Python that runs Ansible. */
  readonly inventory?: string | readonly string[] | undefined;
  /** Handed over in a file (mode 0600) that is removed afterwards. No secrets: playbooks may print variables. */
  readonly extraVars?: Readonly<Record<string, Json>>;
  /** Environment variables that carry secrets; they are redacted from everything that is kept. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly diff?: boolean;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly limit?: string;
  readonly timeoutMs?: number;
  readonly logFile?: string;
  readonly redactor?: Redactor;
  readonly signal?: AbortSignal;
  /** With `task`, plays and tasks become `task.progress` and results `output` events. */
  readonly emit?: Emit;
  readonly task?: string;
  readonly onEvent?: (event: AnsibleEvent) => void;
}

export interface PlaybookReport {
  readonly hosts: Readonly<Record<string, HostRecap>>;
  /** True when any host changed. */
  readonly changed: boolean;
  /** What the playbook said with `ansible.builtin.set_stats`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

const TIMEOUT_MS = 30 * 60_000;

/** Runs a playbook for one permitted action. Every failed or unreachable host becomes a diagnostic of its own. */
export function runPlaybook<A extends ActionName>(
  permit: Permit<A>,
  action: A,
  target: Target<A>,
  options: PlaybookOptions,
): Promise<Outcome<PlaybookReport>> {
  return perform(permit, action, target, () => play(options, []));
}

/** Runs a playbook in check mode: it says what it would change, and changes nothing. */
export function checkPlaybook(options: PlaybookOptions): Promise<Outcome<PlaybookReport>> {
  return play(options, ["--check"]);
}

async function play(options: PlaybookOptions, mode: readonly string[]): Promise<Outcome<PlaybookReport>> {
  if (!existsSync(options.playbook)) {
    return fail(
      problem("config", "ansible.no_playbook", `there is no playbook ${options.playbook}`, {
        where: { file: options.playbook },
        next: "check ship.ansible.playbook_dir in .codemonkeys/config.yaml",
      }),
    );
  }
  const ansible = await ensureAnsible({ signal: options.signal });
  if (!ansible.ok) return ansible;
  const redactor = options.redactor ?? createRedactor();
  for (const secret of Object.values(options.secrets ?? {})) redactor.add(secret);
  const scratch = await mkdtemp(join(tmpdir(), "codemonkeys-ansible-"));
  try {
    const plugins = join(scratch, "callback");
    await mkdir(plugins);
    await writeFile(join(plugins, `${CALLBACK_NAME}.py`), CALLBACK_PLUGIN);
    const events = join(scratch, "events.jsonl");
    await writeFile(events, "", { mode: 0o600 });
    const vars = join(scratch, "vars.json");
    await writeFile(vars, JSON.stringify(options.extraVars ?? {}), { mode: 0o600 });
    const seen: AnsibleEvent[] = [];
    const following = followEvents(events, (event) => {
      seen.push(event);
      options.onEvent?.(event);
      if (options.task !== undefined) tell(event, options.task, options.emit ?? silent, redactor);
    });
    const result = await runProcess(
      ansible.value.playbook,
      [
        ...mode,
        ...argumentsOf(options, ansible.value.python),
        "--extra-vars",
        `@${vars}`,
        "--",
        await realpath(options.playbook),
      ],
      {
        cwd: dirname(await realpath(options.playbook)),
        env: {
          ...ansibleLocale(),
          ANSIBLE_NOCOLOR: "1",
          ANSIBLE_DEPRECATION_WARNINGS: "0",
          ANSIBLE_RETRY_FILES_ENABLED: "0",
          ANSIBLE_LOCAL_TEMP: join(scratch, "local"),
          ANSIBLE_STDOUT_CALLBACK: "ansible.builtin.default",
          ANSIBLE_CALLBACK_PLUGINS: plugins,
          ANSIBLE_CALLBACKS_ENABLED: CALLBACK_NAME,
          [CALLBACK_FILE_VARIABLE]: events,
          ...options.env,
          ...options.secrets,
        },
        inherit: ["SSH_AUTH_SOCK", "ANSIBLE_CONFIG", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_ROLES_PATH"],
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        redactor,
        ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
    ).finally(() => following.finish());
    const diagnostics = diagnosePlaybook(options.playbook, result, seen, redactor);
    if (diagnostics.length > 0) return fail(...diagnostics);
    const stats = seen.findLast((event) => event.event === "stats");
    const hosts = stats?.hosts ?? {};
    return succeed({
      hosts,
      changed: Object.values(hosts).some(({ changed }) => changed > 0),
      data: stats?.data ?? {},
      durationMs: result.durationMs,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function argumentsOf(options: PlaybookOptions, python: string): string[] {
  const inventory =
    options.inventory === undefined
      ? [
          "--inventory",
          "localhost,",
          "--connection",
          "local",
          "--extra-vars",
          JSON.stringify({ ansible_python_interpreter: python, ansible_pipelining: true }),
        ]
      : [options.inventory].flat().flatMap((source) => ["--inventory", source]);
  return [
    ...inventory,
    ...(options.diff ? ["--diff"] : []),
    ...(options.tags?.length ? ["--tags", options.tags.join(",")] : []),
    ...(options.skipTags?.length ? ["--skip-tags", options.skipTags.join(",")] : []),
    ...(options.limit === undefined ? [] : ["--limit", options.limit]),
  ];
}

function tell(event: AnsibleEvent, task: string, emit: Emit, redactor: Redactor): void {
  const shown = (text: string) => redactor.redact(text);
  if (event.event === "task") emit({ type: "task.progress", task, text: shown(event.task) });
  else if (event.event === "ok") {
    emit({ type: "output", task, line: shown(`${event.changed ? "changed" : "ok"}: [${event.host}] ${event.task}`) });
  } else if (event.event === "failed" || event.event === "unreachable" || event.event === "retry") {
    const state = event.event === "failed" && event.ignored ? "failed (ignored)" : event.event;
    emit({ type: "output", task, line: shown(`${state}: [${event.host}] ${event.task}: ${event.message}`) });
  }
}
