import { openAudit } from "../../../src/constitution/audit.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { createRedactor } from "../../../src/core/redact.ts";

// A process that appends to a log until it has written its share or is killed; prints each number it was told is safe.
const [dir, name, share, segmentBytes] = process.argv.slice(2) as [string, string, string, string];
const opened = await openAudit({
  dir,
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
