import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { type AnnounceResult, announce, announceResultSchema } from "../pillars/announce/announce.ts";
import { CONTROLLER_CREDENTIAL } from "./controller-credential.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { effectLine } from "./effect-line.ts";

export const announceStep = defineStep({
  name: "announce",
  jenkinsName: "monkeysAnnounce",
  summary: "Tell a release's notes to the product's channels",
  description:
    "Posts the notes of a release to the channels of its spec, each once: the delivery carries an idempotency key, and what the release itself announced is not announced again. The webhook's address is `ship.alerts.webhook_url`, or in the variable that `ship.alerts.webhook_url_env` names.",
  examples: [
    { command: "codemonkeys announce", says: "the newest release" },
    { command: "codemonkeys announce --dry-run", says: "where it would go, and each gate's answer" },
  ],
  params: z.object({ version: z.string().optional().describe("a release; the newest without it") }),
  result: announceResultSchema,
  credentials: [
    {
      variable: "CODEMONKEYS_WEBHOOK_URL",
      credentialsId: "codemonkeys-webhook",
      kind: "string",
      summary: "the address that release notes are posted to",
      half: "act",
      optional: true,
    },
    CONTROLLER_CREDENTIAL,
  ],
  tools: ["git"],
  actions: ["announce.post", "secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { version }) {
    const done = await announce(session, { version });
    return done.ok ? succeed(reportOf(done.value), done.warnings) : done;
  },
});

function reportOf(result: AnnounceResult): StepReport<AnnounceResult> {
  const lines = result.announced.map(
    ({ channel, to }) => `${result.version} ${result.run ? "announced" : "was announced"} by ${channel} to ${to}`,
  );
  if (lines.length === 0 && result.effects.length === 0) lines.push(`${result.version} has nothing more to announce`);
  return {
    ...(result.run ? { run: result.run } : {}),
    data: result,
    summary: lines.join("\n"),
    display: [...lines, ...result.effects.map(effectLine)],
  };
}
