import type { Gate } from "../../../constitution/gate.ts";
import { permitOf } from "../../../constitution/gate.ts";
import { protectedPaths } from "../../../constitution/protect.ts";
import { type Outcome, succeed } from "../../../core/diagnostic.ts";
import { productOf, type Session } from "../../../pipeline/session.ts";
import { beginModelCall, countModelCall, modelUse } from "../../../swarm/model-calls.ts";
import { askModel, modelAvailable, promptDigest } from "../../../tools/ollama/ollama.ts";
import type { Candidate, FileChange } from "../candidate.ts";
import type { CandidateInput } from "../candidates.ts";
import type { HealLimits } from "../checks.ts";
import { applySearchReplace } from "../edit/match.ts";
import type { Tree } from "../tree.ts";
import { answerSchema, type ModelAnswer, promptFor } from "./prompt.ts";

/** Tokens of one answer, and the share of the budget that one prompt may take. */
const ANSWER_TOKENS = 2_000;
const PROMPT_SHARE = 4;
/** Whatever a model proposes is a guess until it is proven. */
const MODEL_TRUST = 0.3;

/**
 * Candidates from a model, where one answers at the configured address and the constitution lets it be asked. A wrong
 * answer (prose, an unknown file, a search text that does not fit) costs one of the run's calls, and the next question
 * says what was wrong with it. Ends when calls or tokens are used up; tokens are those that the model counts itself, kept
 * with the run, so that resuming it begins with what is left.
 */
export async function* modelCandidates(
  session: Session,
  gate: Gate,
  limits: HealLimits,
  chosen: { readonly model: string | undefined; readonly run: string | undefined },
  input: CandidateInput,
): AsyncIterable<Outcome<Candidate>> {
  const { config, company, name: product } = productOf(session);
  const { run } = chosen;
  const budget = Math.min(config.get("model.token_budget"), limits.model_tokens);
  const endpoint = config.get("model.endpoint");
  const model = chosen.model ?? config.get("model.name");
  if (budget === 0 || limits.model_calls === 0) return;
  const state = await modelAvailable(endpoint, model, { signal: session.signal });
  if (!state.ok || !state.value.available) {
    const why = state.ok ? `${endpoint} does not have the model ${model}` : `no model answers at ${endpoint}`;
    tell(session, "skipped", why);
    return;
  }
  const { constitution } = session.organisation;
  const mayEdit = (path: string) => protectedPaths(constitution, [path]).length === 0;
  const feedback: string[] = [];
  // What an earlier process of this run asked is spent.
  const spent = run === undefined ? succeed({ calls: 0, tokens: 0 }) : await modelUse(session.swarm, { run });
  if (!spent.ok) {
    yield spent;
    return;
  }
  let left = budget - spent.value.tokens;
  if (left <= ANSWER_TOKENS) tell(session, "skipped", `this run's ${budget} tokens for models are used up`);
  for (let call = spent.value.calls + 1; call <= limits.model_calls && left > ANSWER_TOKENS; call++) {
    const tokens = Math.min(Math.floor(budget / PROMPT_SHARE), left - ANSWER_TOKENS);
    const { question, editable } = await promptFor(input, { tokens, mayEdit, feedback: feedback.slice(-2) });
    if (editable.length === 0) {
      tell(session, "skipped", "nothing that a model may edit is named by the failure");
      return;
    }
    const shown = { ...question, prompt: session.redactor.redact(question.prompt) };
    const target = { endpoint, model, prompt_digest: promptDigest(shown) };
    const permit = permitOf(await gate("model.ask", target, {}));
    if (!permit.ok) {
      tell(session, "skipped", `${model} is not asked: ${permit.diagnostics[0]?.message ?? "no permit"}`);
      return;
    }
    const id = `heal.model.${call}`;
    session.emit({ type: "task.started", task: id, title: `asking ${model}` });
    const most = tokens + ANSWER_TOKENS;
    const noted = await beginModelCall(session.swarm, { company, product, run, model, most });
    if (!noted.ok) {
      yield noted;
      return;
    }
    let took: number | undefined;
    const answer = await askModel(permit.value, target, shown, {
      maxTokens: ANSWER_TOKENS,
      timeoutMs: config.get("model.timeout_seconds") * 1000,
      contextTokens: most,
      onCounted: (count) => {
        took = count;
      },
      // The first answer is the likeliest; further ones have to differ to be of use.
      temperature: call === 1 ? 0 : 0.5,
      seed: call,
      signal: session.signal,
      onProgress: (count) => session.emit({ type: "task.progress", task: id, text: `${count} tokens` }),
    });
    left -= took ?? most;
    const counted = took === undefined ? succeed(undefined) : await countModelCall(session.swarm, noted.value, took);
    if (!counted.ok) {
      yield counted;
      return;
    }
    if (!answer.ok) {
      const problem = answer.diagnostics[0];
      session.emit({ type: "task.finished", task: id, state: "skipped", title: problem?.message ?? "no answer" });
      if (problem?.code !== "ollama.nonsense" && problem?.code !== "ollama.cut_off") return;
      feedback.push("the answer has to be the JSON of the schema, and short");
      continue;
    }
    const read = answerSchema.safeParse(answer.value.json);
    const made = read.success
      ? await changesFrom(read.data, editable, input.tree)
      : { feedback: "the answer does not have the shape of the schema" };
    const title = "changes" in made ? `${model} proposes an edit` : `${model} answered uselessly: ${made.feedback}`;
    session.emit({ type: "task.finished", task: id, state: "changes" in made ? "done" : "skipped", title });
    if (!("changes" in made)) {
      feedback.push(made.feedback);
      continue;
    }
    yield succeed({
      summary: summaryOf(read.data?.explanation ?? ""),
      changes: made.changes,
      source: { kind: "model", model },
      trust: MODEL_TRUST,
    });
    feedback.push(`this edit was tried and did not heal: ${JSON.stringify(read.data?.edits).slice(0, 1500)}`);
  }
}

function tell(session: Session, state: "skipped", title: string): void {
  session.emit({ type: "task.started", task: "heal.model", title: "asking a model" });
  session.emit({ type: "task.finished", task: "heal.model", state, title });
}

/** One line of a model's own words, fit for a commit. */
function summaryOf(explanation: string): string {
  const line =
    explanation
      .replaceAll(/\p{Cc}+/gu, " ")
      .trim()
      .split(/(?<=\.)\s/)[0] ?? "";
  return line.replace(/\.$/, "").slice(0, 120) || "repair the failure";
}

/** A model's edits as changes; or what was wrong with them, in words for the model. */
export async function changesFrom(
  answer: ModelAnswer,
  editable: readonly string[],
  tree: Tree,
): Promise<{ readonly changes: readonly FileChange[] } | { readonly feedback: string }> {
  const texts = new Map<string, { before: string; after: string }>();
  for (const edit of answer.edits) {
    const path = edit.file.replace(/^\.\//, "");
    if (!editable.includes(path)) return { feedback: `${JSON.stringify(path)} is not a file you may edit` };
    const known = texts.get(path);
    const before = known?.before ?? (await tree.read(path));
    if (before === undefined) return { feedback: `there is no file ${path}` };
    const matched = applySearchReplace(known?.after ?? before, edit);
    if (!matched.ok) return { feedback: `${path}: ${matched.feedback}` };
    texts.set(path, { before, after: matched.text });
  }
  const changes = [...texts].flatMap(([path, { before, after }]) =>
    before === after ? [] : [{ path, before, after }],
  );
  return changes.length > 0 ? { changes } : { feedback: "the edit changes nothing" };
}
