import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { retryAlerts, undeliveredAlerts } from "../pillars/announce/alert.ts";
import type { Message } from "../swarm/outbox.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep } from "./definition.ts";

const alertSchema = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(["waiting", "given up"]),
  attempts: z.int().describe("how often its delivery was tried"),
  error: z.string().optional().describe("why the last try failed"),
});

export const alertsStep = defineStep({
  name: "alerts",
  summary: "Show the alerts of a product that nobody has received, and deliver them again",
  description:
    "An alert that cannot be delivered is tried again by the next release or watch pass, and given up after ten tries. With --retry the ones that were given up are tried again as well, under the keys that they had.",
  examples: [
    { command: "codemonkeys alerts", says: "what was not delivered, and why" },
    { command: "codemonkeys alerts --retry", says: "once more, when the receiver is well again" },
  ],
  params: z.object({ retry: z.boolean().default(false).describe("deliver them again") }),
  result: z.object({ alerts: z.array(alertSchema).describe("those that nobody has received") }),
  credentials: [CONTROLLER_CREDENTIAL],
  tools: ["git"],
  actions: ["webhook.send", "secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { retry }) {
    const tried = retry && !session.dryRun ? await retryAlerts(session) : succeed([]);
    if (!tried.ok) return tried;
    const left = await undeliveredAlerts(session);
    if (!left.ok) return left;
    const alerts = left.value.map(alertOf);
    const lines = alerts.map(
      ({ title, state, attempts, error }) =>
        `${state === "given up" ? "✗" : "●"} ${title}: ${state} after ${attempts} ${attempts === 1 ? "try" : "tries"}${error === undefined ? "" : ` (${error})`}`,
    );
    if (lines.length === 0) lines.push("every alert was delivered");
    return succeed({ data: { alerts }, summary: lines.join("\n"), display: lines }, [...tried.value]);
  },
});

function alertOf({ id, payload, state, attempts, lastError }: Message): z.infer<typeof alertSchema> {
  const title = (payload as { title?: unknown } | null)?.title;
  return {
    id,
    title: typeof title === "string" ? title : id,
    state: state === "dead" ? "given up" : "waiting",
    attempts,
    ...(lastError === undefined ? {} : { error: lastError }),
  };
}
