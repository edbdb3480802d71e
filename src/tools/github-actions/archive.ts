import { fromBufferPromise } from "yauzl";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";

/** The log of one job of a run, as its archive holds it. */
export interface JobLog {
  /** The job's name as the archive spells it: without characters that a file name can't hold. */
  readonly job: string;
  readonly text: string;
}

/** An archive of logs that is larger than this once unpacked is refused. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Reads the archive of a run's logs: at its top one file a job, `0_test.txt`, and one folder a job with its steps, which
 * are parts of that. Nothing is written anywhere, so that no name in it can lead out of a folder; an archive with such a
 * name is refused all the same, as are a cut one and one that unpacks to more than a bound.
 */
export async function readLogArchive(bytes: Buffer, mostBytes = MOST_BYTES): Promise<Outcome<JobLog[]>> {
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true });
    const logs: { index: number; log: JobLog }[] = [];
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const match = /^(-?\d+)_(.+)\.txt$/.exec(entry.fileName);
      if (!match || entry.fileName.includes("/")) continue;
      const parts: Buffer[] = [];
      for await (const part of await zip.openReadStreamPromise(entry)) {
        total += (part as Buffer).length;
        if (total > mostBytes) return broken(`its logs are larger than ${mostBytes} bytes`);
        parts.push(part as Buffer);
      }
      logs.push({
        index: Number(match[1]),
        log: { job: match[2] as string, text: Buffer.concat(parts).toString("utf8") },
      });
    }
    return succeed(logs.sort((a, b) => a.index - b.index).map(({ log }) => log));
  } catch (error) {
    return broken(messageOf(error));
  }
}

function broken(why: string): Outcome<never> {
  return fail(
    problem("infrastructure", "github_actions.bad_archive", `the archive of logs cannot be read: ${why}`, {
      next: "run this again: the download may have been cut",
    }),
  );
}
