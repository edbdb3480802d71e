import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { openAudit } from "../constitution/audit.ts";
import { checkConstitution } from "../constitution/check.ts";
import type { Outcome } from "../core/diagnostic.ts";
import type { Workplace } from "../pipeline/session.ts";
import { claimForMachine, thisMachine } from "../swarm/machine.ts";
import { openSwarm } from "../swarm/open.ts";
import { findDamage } from "../swarm/set-aside.ts";
import { machineAnsible } from "../tools/ansible/install.ts";
import { gitVersion } from "../tools/git/git.ts";
import { findPython } from "../tools/python/interpreter.ts";
import { sandboxAbility } from "../tools/sandbox/sandbox.ts";
import { readOrganisation } from "./organisation.ts";
import { readUserConfig } from "./user-config.ts";

export interface Finding {
  readonly what: string;
  /** `limited`: it works, but with less; the text says what is lost. */
  readonly state: "good" | "limited" | "bad";
  readonly text: string;
  readonly next?: string;
}

const LOW_DISK_BYTES = 1024 ** 3;

/** Looks at everything the program stands on: tools, sandbox, organisation, database, audit log, disk. Changes nothing else. */
export async function examine(workplace: Workplace): Promise<Finding[]> {
  const findings: Finding[] = [
    { what: "Node.js", state: "good", text: process.version },
    fromOutcome("git", await gitVersion({ cwd: workplace.cwd }), (version) => version),
    fromOutcome("Python", await findPython(), ({ path, major, minor }) => `${major}.${minor} at ${path}`),
    await ansible(),
  ];
  const sandbox = await sandboxAbility();
  findings.push({ what: "sandbox", state: sandbox.isolated ? "good" : "limited", text: sandbox.reason });
  const user = await readUserConfig(workplace.homes, workplace.environment);
  if (!user.ok) return [...findings, fromOutcome("your configuration", user, () => "")];
  const { redactor, signal, clock } = workplace;
  const found = await readOrganisation(user.value, { redactor, signal, acts: false });
  findings.push(
    fromOutcome(
      "organisation",
      found,
      ({ organisation }) => `${user.value.organisation?.url} at ${organisation.commit.slice(0, 7)}`,
    ),
  );
  if (found.ok) {
    const { constitution } = found.value.organisation;
    const report = checkConstitution(constitution, () => new Date(clock.now()).toISOString().slice(0, 10));
    const failed = report.tests.filter(({ passed }) => !passed).length;
    findings.push({
      what: "constitution",
      state: failed > 0 ? "bad" : "good",
      text:
        failed > 0
          ? `${failed} of its tests fail`
          : `${constitution.rules.length} rules, ${report.tests.length} tests pass`,
      ...(failed > 0 ? { next: "codemonkeys constitution check" } : {}),
    });
  }
  const { homes, databaseUrl } = user.value;
  const swarm = await openSwarm({ stateDir: homes.state, clock, ...(databaseUrl ? { url: databaseUrl } : {}) });
  if (!swarm.ok) {
    findings.push(fromOutcome("Swarm DB", swarm, () => ""));
  } else {
    const { kind, place } = swarm.value;
    const whole = await findDamage(swarm.value);
    const usable = whole.ok
      ? await claimForMachine(swarm.value, thisMachine(workplace.environment), { look: true })
      : whole;
    findings.push(fromOutcome("Swarm DB", usable, () => (kind === "sqlite" ? place : "PostgreSQL")));
    const audit = await openAudit({ dir: join(homes.state, "audit"), clock, redactor, swarm: swarm.value });
    const verified = audit.ok ? await audit.value.verify() : audit;
    findings.push(fromOutcome("audit log", verified, ({ entries }) => `${entries} entries, the chain is whole`));
    await swarm.value.close();
    findings.push(await disk(homes.state));
  }
  return findings;
}

async function ansible(): Promise<Finding> {
  const own = await machineAnsible();
  const text = own ? `ansible-core ${own.version}` : "comes by name into a private environment when it is first needed";
  return { what: "Ansible", state: "good", text };
}

async function disk(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free below ${path}`;
  return free < LOW_DISK_BYTES
    ? { what: "disk", state: "limited", text, next: "free some space before the next run" }
    : { what: "disk", state: "good", text };
}

function fromOutcome<T>(what: string, outcome: Outcome<T>, text: (value: T) => string): Finding {
  if (outcome.ok) {
    const [warning] = outcome.warnings;
    return { what, state: warning ? "limited" : "good", text: warning?.message ?? text(outcome.value) };
  }
  const [first] = outcome.diagnostics;
  return {
    what,
    state: "bad",
    text: first?.message ?? "it does not answer",
    ...(first?.next ? { next: first.next } : {}),
  };
}
