/** A process that releases in a world and, when told so, dies by SIGKILL at a given effect. Arguments: a JSON file. */
import { readFileSync } from "node:fs";
import { release } from "../../src/pillars/release/release.ts";
import { type SessionOptions, sessionIn, type WorldPlace } from "../unit/release/world.ts";

const given = JSON.parse(readFileSync(process.argv[2] as string, "utf8")) as {
  place: WorldPlace;
  options: SessionOptions;
  /** Dies right after the nth log entry of an effect's beginning or end; 0 lives. */
  killAt: number;
  /** Counts only effects of this action, when given. */
  action?: string;
};
let seen = 0;
const session = await sessionIn(given.place, () => {}, {
  ...given.options,
  onAudit(kind, action) {
    if (!kind.startsWith("effect.") || (given.action !== undefined && action !== given.action)) return;
    seen++;
    if (seen === given.killAt) process.kill(process.pid, "SIGKILL");
  },
});
const done = await release(session);
await session.swarm.close();
if (!done.ok) {
  process.stderr.write(done.diagnostics.map(({ code, message }) => `${code}: ${message}\n`).join(""));
  process.exitCode = 1;
} else {
  process.stdout.write(
    JSON.stringify({ released: done.value.released, run: done.value.run, commit: done.value.commit }),
  );
}
