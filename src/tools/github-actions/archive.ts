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
 * are parts of that.
 */
export async function readLogArchive(bytes: Buffer, mostBytes = MOST_BYTES): Promise<Outcome<JobLog[]>> {
  const named = (path: string) => (path.includes("/") ? null : /^(-?\d+)_(.+)\.txt$/.exec(path));
  const files = await readArchive(bytes, { mostBytes, wanted: (path) => named(path) !== null });
  if (!files.ok) return files;
  const logs = files.value.map(({ path, bytes: text }) => {
    const [, index, job = ""] = named(path) ?? [];
    return { index: Number(index), log: { job, text: text.toString("utf8") } };
  });
  return succeed(logs.sort((a, b) => a.index - b.index).map(({ log }) => log));
}

/**
 * Reads files of an archive into memory. Nothing is written anywhere, so that no name in it can lead out of a folder; an
 * archive with such a name is refused all the same, as are a cut one and one that unpacks to more than a bound.
 */
export async function readArchive(
  bytes: Buffer,
  { mostBytes, wanted }: { readonly mostBytes: number; readonly wanted: (path: string) => boolean },
): Promise<Outcome<{ readonly path: string; readonly bytes: Buffer }[]>> {
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true });
    const files: { path: string; bytes: Buffer }[] = [];
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      if (!wanted(entry.fileName)) continue;
      const parts: Buffer[] = [];
      for await (const part of await zip.openReadStreamPromise(entry)) {
        total += (part as Buffer).length;
        if (total > mostBytes) return broken(`what it holds is larger than ${mostBytes} bytes`);
        parts.push(part as Buffer);
      }
      files.push({ path: entry.fileName, bytes: Buffer.concat(parts) });
    }
    return succeed(files);
  } catch (error) {
    return broken(messageOf(error));
  }
}

function broken(why: string): Outcome<never> {
  return fail(
    problem("infrastructure", "github_actions.bad_archive", `an archive of GitHub's cannot be read: ${why}`, {
      next: "run this again: the download may have been cut",
    }),
  );
}
