import { join } from "node:path";
import { type Audit, openAudit } from "../constitution/audit.ts";
import { pauseWork } from "../constitution/pausing.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Workplace } from "../pipeline/session.ts";
import { claimForMachine, thisMachine } from "../swarm/machine.ts";
import { openSwarm, type Swarm } from "../swarm/open.ts";
import { type SetAside, setAside } from "../swarm/set-aside.ts";
import { readUserConfig } from "./user-config.ts";

/**
 * Keeps a database that cannot be used under another name and begins with an empty one. What was paused is not known any
 * more, so the fleet is paused until a person resumes it. Effects that were done are found again when they are looked
 * up, and a delivery that is repeated has the same key.
 */
export async function setDatabaseAside(workplace: Workplace): Promise<Outcome<SetAside>> {
  const stateDir = await ownState(workplace);
  if (!stateDir.ok) return stateDir;
  return await setAside({
    stateDir: stateDir.value,
    clock: workplace.clock,
    async prepare(swarm, { kept, because }) {
      const audit = await auditOf(workplace, stateDir.value, swarm);
      if (!audit.ok) return audit;
      const data = { kept: [...kept], because };
      const logged = await audit.value.append({ kind: "state.set_aside", requester: workplace.requester, data });
      if (!logged.ok) return logged;
      return await pauseWork(
        { swarm, audit: audit.value },
        {
          of: { scope: "fleet" },
          reason:
            "the database was set aside, and what was paused in it is not known: see, then `codemonkeys resume --fleet`",
          by: workplace.requester,
        },
      );
    },
  });
}

/** Takes over a database that is a file from another machine that is gone. */
export async function adoptDatabase(workplace: Workplace): Promise<Outcome<void>> {
  const stateDir = await ownState(workplace);
  if (!stateDir.ok) return stateDir;
  const swarm = await openSwarm({ stateDir: stateDir.value, clock: workplace.clock });
  if (!swarm.ok) return swarm;
  try {
    const audit = await auditOf(workplace, stateDir.value, swarm.value);
    if (!audit.ok) return audit;
    const machine = thisMachine(workplace.environment);
    const data = { host: machine.host };
    const logged = await audit.value.append({ kind: "state.adopted", requester: workplace.requester, data });
    return logged.ok ? await claimForMachine(swarm.value, machine, { adopt: true }) : logged;
  } finally {
    await swarm.value.close();
  }
}

/** The state folder, where the database is a file in it. */
async function ownState(workplace: Workplace): Promise<Outcome<string>> {
  const user = await readUserConfig(workplace.homes, workplace.environment);
  if (!user.ok) return user;
  if (!user.value.databaseUrl) return succeed(user.value.homes.state);
  return fail(
    problem("config", "swarm.not_a_file", "the Swarm database is PostgreSQL, which is for any number of machines", {
      where: { file: user.value.file },
      next: "its server's administrator backs it up and restores it",
    }),
  );
}

async function auditOf(workplace: Workplace, stateDir: string, swarm: Swarm): Promise<Outcome<Audit>> {
  const { clock, redactor } = workplace;
  return await openAudit({ dir: join(stateDir, "audit"), clock, redactor, swarm });
}
