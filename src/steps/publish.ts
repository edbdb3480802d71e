import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { type PublishResult, publish, publishResultSchema } from "../pillars/publish/publish.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { effectLine } from "./effect-line.ts";
import { RELEASE_CREDENTIALS } from "./release.ts";

export const publishStep = defineStep({
  name: "publish",
  jenkinsName: "monkeysPublish",
  summary: "Publish a built release's packages to every registry that does not show them yet",
  description:
    "Takes the very bytes that a release built and kept; nothing is built again. Each registry is asked first: a version that is there with the same bytes is done, one with other bytes is an error and nothing is overwritten. `ansible-playbook` runs the ecosystem's publish playbook; then the registry is read back and the package installed from it.",
  examples: [
    { command: "codemonkeys publish", says: "the newest built release" },
    {
      command: "codemonkeys publish --version 1.5.0 --dry-run",
      says: "what would be published, and each gate's answer",
    },
  ],
  params: z.object({ version: z.string().optional().describe("a built version; the newest without it") }),
  result: publishResultSchema,
  credentials: RELEASE_CREDENTIALS.filter(({ variable }) => variable !== "GITHUB_TOKEN"),
  tools: ["git", "ansible-playbook", "npm", "python3", "cargo", "crane"],
  actions: ["package.publish", "secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { version }) {
    const done = await publish(session, { version });
    return done.ok ? succeed(reportOf(done.value), done.warnings) : done;
  },
});

function reportOf(result: PublishResult): StepReport<PublishResult> {
  const lines = result.published.map(
    ({ ecosystem, package: name, version, registry, already }) =>
      `${ecosystem} ${name} ${version} ${already ? "was there already" : "published"} at ${registry}`,
  );
  if (lines.length === 0 && result.effects.length === 0) lines.push(`${result.version}: no package is to be published`);
  return {
    ...(result.run ? { run: result.run } : {}),
    data: result,
    summary: lines.join("\n"),
    display: [...lines, ...result.effects.map(effectLine)],
  };
}
