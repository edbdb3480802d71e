import { open } from "node:fs/promises";
import * as z from "zod";

const result = {
  host: z.string(),
  play: z.string(),
  task: z.string(),
  /** `file:line` of the task. */
  path: z.string(),
  message: z.string(),
  output: z.string(),
  changed: z.boolean(),
};

/** Counts of one host, as Ansible's recap has them. */
const recap = z.object({
  ok: z.int(),
  changed: z.int(),
  failures: z.int(),
  unreachable: z.int(),
  skipped: z.int(),
  rescued: z.int(),
  ignored: z.int(),
});

const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("play"), play: z.string() }),
  z.object({ event: z.literal("task"), play: z.string(), task: z.string(), path: z.string() }),
  z.object({ event: z.literal("no_hosts"), play: z.string() }),
  z.object({ event: z.literal("ok"), ...result }),
  z.object({ event: z.literal("skipped"), ...result }),
  z.object({ event: z.literal("retry"), ...result }),
  z.object({ event: z.literal("failed"), ignored: z.boolean(), ...result }),
  z.object({ event: z.literal("unreachable"), ...result }),
  z.object({ event: z.literal("stats"), hosts: z.record(z.string(), recap), data: z.record(z.string(), z.unknown()) }),
]);

/** What the callback plugin tells. */
export type AnsibleEvent = z.infer<typeof eventSchema>;
export type HostRecap = z.infer<typeof recap>;

const POLL_MS = 150;

/** Follows the plugin's file while the playbook runs; `finish` reads the rest. */
export function followEvents(file: string, onEvent: (event: AnsibleEvent) => void): { finish(): Promise<void> } {
  let offset = 0;
  let rest = "";
  const decoder = new TextDecoder();
  const readOn = async () => {
    const handle = await open(file, "r");
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        rest += decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) onEvent(eventSchema.parse(JSON.parse(line)));
      }
    } finally {
      await handle.close();
    }
  };
  // One reading at a time; a failing one is kept for `finish`, which reports it.
  let last: Promise<void> = Promise.resolve();
  let failed: unknown;
  const timer = setInterval(() => {
    last = last.then(readOn).catch((error: unknown) => {
      failed ??= error;
    });
  }, POLL_MS);
  return {
    async finish() {
      clearInterval(timer);
      await last;
      if (failed !== undefined) throw failed;
      await readOn();
    },
  };
}
