/**
 * A process that goes on with a canary and dies by SIGKILL at the first boundary that no process died at before: right after
 * an entry of the audit log. Arguments: a JSON file.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { walkLadder } from "../../src/pillars/canary/start.ts";
import { type SessionOptions, sessionIn, type WorldPlace } from "../unit/release/world.ts";

const given = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as {
  place: WorldPlace;
  options: SessionOptions;
  /** What the clock says, milliseconds since the epoch. */
  now: number;
  /** Names of the boundaries that processes died at, one a line; none dies without it. */
  died?: string;
};
const died = given.died;
const session = await sessionIn(given.place, () => {}, {
  ...given.options,
  clock: { now: () => given.now },
  onAudit(kind, action) {
    if (died === undefined) return;
    const boundary = `${given.now} ${kind} ${action}`;
    const before = existsSync(died) ? readFileSync(died, "utf8").split("\n") : [];
    if (before.includes(boundary)) return;
    appendFileSync(died, `${boundary}\n`);
    process.kill(process.pid, "SIGKILL");
  },
});
const done = await walkLadder(session, {});
await session.swarm.close();
if (!done.ok) {
  process.stderr.write(done.diagnostics.map(({ code, message }) => `${code}: ${message}\n`).join(""));
  process.exitCode = 1;
} else process.stdout.write(JSON.stringify(done.value));
