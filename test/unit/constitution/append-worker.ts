import { openAudit } from "../../../src/constitution/audit.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { createRedactor } from "../../../src/core/redact.ts";
import { openSwarm } from "../../../src/swarm/open.ts";

// The log is a folder or, for a `postgres://` address, the table of that database. A process that appends to a log until it has written its share or is killed; prints each number it was told is safe.
const [dir, name, share, segmentBytes] = process.argv.slice(2) as [string, string, string, string];
const swarm = dir.startsWith("postgres://") ? await openSwarm({ url: dir, stateDir: "" }) : undefined;
if (swarm && !swarm.ok) throw new Error(swarm.diagnostics[0]?.message);
const opened = await openAudit({
  dir,
  ...(swarm ? { swarm: swarm.value } : {}),
  clock: systemClock,
  redactor: createRedactor(),
  segmentBytes: Number(segmentBytes),
});
if (!opened.ok) throw new Error(opened.diagnostics[0]?.message);
for (let number = 0; number < Number(share); number += 1) {
  const entry = await opened.value.append({ kind: "evidence", data: { by: name, number } });
  if (!entry.ok) throw new Error(entry.diagnostics[0]?.message);
  process.stdout.write(`${entry.value.seq} ${entry.value.hash}\n`);
}
await swarm?.value.close();
