import * as z from "zod";
import { explain } from "../constitution/explain.ts";
import { explanationLines } from "../constitution/explain-text.ts";
import { pauseReason } from "../constitution/pausing.ts";
import { PILLARS, type Pillar } from "../constitution/pillars.ts";
import { ALLOWED_SIGNERS } from "../constitution/signed-answers.ts";
import { ACTION_MEANINGS, ACTION_NAMES, type ActionName, isActionName } from "../core/action.ts";
import { fail, problem, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { answerSigners } from "../org/answer-signers.ts";
import { lookAround } from "../org/look-around.ts";
import { defineStep } from "./definition.ts";

export const constitutionExplain = defineStep({
  name: "constitution explain",
  summary: "Say how an action would be judged now, by which rule, and what would change the answer",
  description:
    "Looks at the product as it is now (its fleet entry, its repository, the newest build of its commit), judges the action, and shows the deciding rule with file and line, the value of each part of its condition, where each fact came from, and what would change the answer. What only a run can know (a change, a scan) is shown as unknown.",
  examples: [
    { command: "codemonkeys constitution explain package.publish", says: "for the product of this folder" },
    {
      command: "codemonkeys constitution explain git.push --product payments --pillar heal",
      says: "as heal would ask",
    },
  ],
  params: z.object({
    action: z.string().describe("the action, such as git.push or package.publish"),
    pillar: z.enum(PILLARS).optional().describe("the pillar that would ask; guessed from the action without it"),
  }),
  positional: ["action"],
  result: z.object({
    action: z.string(),
    answer: z.enum(["allow", "deny", "ask"]),
    rule: z.string().optional(),
    reason: z.string(),
    lines: z.array(z.string()),
  }),
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "either",
  async run(session, { action, pillar }) {
    if (!isActionName(action)) {
      const meant = didYouMean(action, ACTION_NAMES);
      return fail(
        problem(
          "config",
          "params.unknown_action",
          `there is no action ${action}${meant ? `; did you mean ${meant}?` : ""}`,
          {
            next: `the actions are: ${ACTION_NAMES.join(", ")}`,
          },
        ),
      );
    }
    const asking = pillar ?? PILLAR_OF[action.split(".")[0] ?? ""];
    const facts = await lookAround(session, action, asking);
    if (!facts.ok) return facts;
    const explanation = explain(session.organisation.constitution, action, facts.value, { now: session.clock.now() });
    const { answer, rule, reason } = explanation.answer;
    const trust = answer === "ask" ? await answerSigners(session.organisation, session)() : undefined;
    if (trust && !trust.ok) return trust;
    const paused = await pauseReason(session.swarm, session.product);
    if (!paused.ok) return paused;
    const lines = [
      ...questionLines(action, session.product?.name, asking),
      ...(paused.value === undefined ? [] : [`denied while paused: ${paused.value}`, "without the pause:"]),
      ...explanationLines(explanation),
      ...(trust ? [trustLine(trust.value !== undefined)] : []),
      ...(session.observing ? ["observe mode: whatever the answer, it is only logged and nothing acts"] : []),
    ];
    const judged =
      paused.value === undefined
        ? { answer, ...(rule ? { rule: rule.id } : {}), reason }
        : { answer: "deny" as const, reason: paused.value };
    return succeed(
      {
        data: { action, ...judged, lines },
        summary: lines.join("\n"),
        display: lines,
      },
      facts.warnings,
    );
  },
});

/** What was asked: the product and the pillar are guessed where nobody named them. */
function questionLines(action: ActionName, product: string | undefined, pillar: Pillar | undefined): string[] {
  const asked = `${action}${product ? ` for ${product}` : ""}${pillar ? `, as ${pillar} would ask for it now` : ", now"}`;
  return [`${asked} (${lowerFirst(ACTION_MEANINGS[action])})`, ""];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** What an answer to the question is worth. */
function trustLine(signed: boolean): string {
  return signed
    ? `an answer counts with the person's own signature (${ALLOWED_SIGNERS})`
    : `an answer is trusted by the account it comes from, or the person whom Jenkins names; keys in ${ALLOWED_SIGNERS} of the organisation make people sign`;
}

/** Which pillar usually asks for the actions of a family; `--pillar` says otherwise. */
const PILLAR_OF: Readonly<Record<string, Pillar>> = {
  release: "release",
  package: "publish",
  announce: "announce",
  git: "heal",
  pr: "heal",
  model: "heal",
  files: "generate",
};
