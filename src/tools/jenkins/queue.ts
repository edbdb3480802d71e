import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";

/** Where a queue item has got to. Jenkins forgets items some five minutes after they left the queue. */
export type QueueState =
  | { readonly is: "waiting"; readonly why: string }
  | { readonly is: "cancelled" }
  | { readonly is: "build"; readonly number: string; readonly url: string }
  | { readonly is: "forgotten" };

interface QueueJson {
  readonly cancelled?: boolean;
  readonly why?: string | null;
  readonly executable?: { readonly number: number; readonly url: string } | null;
}

/** The number in a `Location: …/queue/item/N/`. */
export function queueItem(location: string | undefined): string | undefined {
  return /\/queue\/item\/(\d+)\/?$/.exec(location ?? "")?.[1];
}

export async function readQueueItem(jenkins: JenkinsConnection, item: string): Promise<Outcome<QueueState>> {
  const answered = await jenkins.get(`/queue/item/${item}/api/json`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return succeed({ is: "forgotten" });
  const read = readJson<QueueJson>(answered.value.body);
  if (!read.ok) return read;
  const { cancelled, executable, why } = read.value;
  if (executable) return succeed({ is: "build", number: String(executable.number), url: executable.url });
  return succeed(cancelled === true ? { is: "cancelled" } : { is: "waiting", why: why ?? "" });
}
