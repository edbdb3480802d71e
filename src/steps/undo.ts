import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { type UndoEffect, type UndoResult, undoResultSchema } from "../pillars/undo/report.ts";
import { undoRun } from "../pillars/undo/undo.ts";
import { defineStep, type StepReport } from "./definition.ts";
import { RELEASE_CREDENTIALS } from "./release.ts";

export const undoStep = defineStep({
  name: "undo",
  summary: "Undo what can be undone of a run",
  description:
    "Of a heal, its commit is reverted and the revert pushed, its open pull request is closed, and the templates that took part count as failed. Of a release, npm packages are deprecated, crates yanked, and an image's moving tags (`latest`, `1.5`) name the version before again. Nothing is deleted, and no tag is moved: what stays is named, with the reason and what you can do by hand. Each effect is asked of the constitution as pillar `undo`, looked up before it is done, and logged.",
  examples: [
    { command: "codemonkeys undo r-7f3a --dry-run", says: "what would be undone, and each gate's answer" },
    { command: "codemonkeys undo r-7f3a", says: "undo it, or finish an undo that stopped" },
  ],
  params: z.object({ run: z.string().describe("the run's id, or its beginning, as status and the commands show it") }),
  positional: ["run"],
  result: undoResultSchema,
  credentials: RELEASE_CREDENTIALS.filter(({ variable }) => variable !== "PYPI_TOKEN"),
  tools: ["git", "npm", "cargo", "crane"],
  actions: ["git.commit", "git.push", "pr.close", "pr.comment", "package.retract", "secret.read"],
  retryOnAgentLoss: true,
  needs: "product",
  async run(session, { run }) {
    const done = await undoRun(session, run);
    return done.ok ? succeed(undoReport(done.value), done.warnings) : done;
  },
});

const MARK = {
  undone: "✔",
  already: "✔",
  cannot: "–",
  by_hand: "☐",
  refused: "✗",
  waiting: "●",
  planned: "◇",
} as const;
const WORDS = {
  undone: "undone",
  already: "already",
  cannot: "stays",
  by_hand: "is yours to do",
  refused: "refused",
  waiting: "waits",
  planned: "would be undone",
} as const;

/** What was undone and what stays, in lines. */
export function undoReport(result: UndoResult): StepReport<UndoResult> {
  const { undone, effects } = result;
  const lines = effects.map(effectLine);
  if (effects.length === 0) lines.push("it changed nothing that could be undone");
  if (result.approval) {
    const { id, group } = result.approval;
    lines.push(`→ one of ${group} answers with: codemonkeys approve ${id}; then this command goes on`);
  }
  const has = (state: UndoEffect["state"]) => effects.some((effect) => effect.state === state);
  return {
    verdict: has("waiting")
      ? "waiting"
      : has("refused")
        ? "failure"
        : has("by_hand") && result.run !== null
          ? "unstable"
          : "success",
    ...(has("refused") ? { kind: refusalKind(effects) } : {}),
    ...(result.run ? { run: result.run } : {}),
    ...(result.approval ? { approval: result.approval } : {}),
    data: result,
    summary: [`${undone.run}: ${undone.title}`, ...lines].join("\n"),
    display: [`${undone.run}: ${undone.title}`, ...lines],
  };
}

function effectLine({ effect, state, reason, rule }: UndoEffect): string {
  return `${MARK[state]} ${effect}  ${WORDS[state]}${rule ? ` by ${rule}` : ""}: ${reason}`;
}

/** The constitution's no is a policy failure; a conflict with later work is the product's. */
function refusalKind(effects: readonly UndoEffect[]): "policy" | "product" {
  return effects.some(({ state, action }) => state === "refused" && action !== null) ? "policy" : "product";
}
