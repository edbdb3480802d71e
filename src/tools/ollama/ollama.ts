import { Ollama } from "ollama";
import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { digestOf, type Json } from "../../core/canonical.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";

/** What is asked. The whole of it is named by the target's `prompt_digest`. */
export interface Question {
  readonly system?: string;
  readonly prompt: string;
  /** JSON schema that the answer must follow; the server constrains the model to it. */
  readonly format?: { readonly [key: string]: Json };
}

export interface AskOptions {
  /** Tokens of the answer at most. */
  readonly maxTokens: number;
  /** For the whole answer. */
  readonly timeoutMs: number;
  /** Until its first token: loading a model takes its time, a dead server takes for ever. */
  readonly firstTokenMs?: number;
  /** Tokens of question and answer that the model keeps in mind. */
  readonly contextTokens?: number;
  /** 0 (default) gives the same answer to the same question. */
  readonly temperature?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  /** Tokens received so far. */
  readonly onProgress?: (tokens: number) => void;
}

export interface Answer {
  readonly text: string;
  /** The parsed answer, when a format was asked for; untrusted: check it against your own schema. */
  readonly json: unknown;
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly durationMs: number;
}

const FIRST_TOKEN_MS = 60_000;
/** An answer has at most this many characters for each allowed token; more means that the server ignores the limit. */
const CHARACTERS_PER_TOKEN = 64;

export function promptDigest(question: Question): string {
  const { system, prompt, format } = question;
  return digestOf({ system, prompt, format });
}

/** Asks a model through Ollama, with limits on tokens and time. What comes back is data, whatever it says. */
export function askModel(
  permit: Permit<"model.ask">,
  target: Target<"model.ask">,
  question: Question,
  options: AskOptions,
): Promise<Outcome<Answer>> {
  return perform(permit, "model.ask", target, async () => {
    if (promptDigest(question) !== target.prompt_digest) {
      return fail(problem("policy", "ollama.prompt_differs", "the prompt is not the one that was allowed"));
    }
    return ask(target, question, options);
  });
}

async function ask(target: Target<"model.ask">, question: Question, options: AskOptions): Promise<Outcome<Answer>> {
  const startedAt = performance.now();
  const total = AbortSignal.timeout(options.timeoutMs);
  const first = new AbortController();
  const timer = setTimeout(() => first.abort(), options.firstTokenMs ?? FIRST_TOKEN_MS);
  const signal = AbortSignal.any([total, first.signal, ...(options.signal ? [options.signal] : [])]);
  const client = clientFor(target.endpoint, signal);
  let text = "";
  let tokens = 0;
  try {
    const stream = await client.chat({
      model: target.model,
      stream: true,
      messages: [
        ...(question.system === undefined ? [] : [{ role: "system", content: question.system }]),
        { role: "user", content: question.prompt },
      ],
      ...(question.format === undefined ? {} : { format: question.format }),
      options: {
        num_predict: options.maxTokens,
        temperature: options.temperature ?? 0,
        seed: options.seed ?? 1,
        ...(options.contextTokens === undefined ? {} : { num_ctx: options.contextTokens }),
      },
    });
    for await (const part of stream) {
      clearTimeout(timer);
      text += part.message?.content ?? "";
      options.onProgress?.(++tokens);
      if (tokens > options.maxTokens + 1 || text.length > options.maxTokens * CHARACTERS_PER_TOKEN) {
        client.abort();
        return fail(cutOff(target, options.maxTokens));
      }
      if (!part.done) continue;
      if (part.done_reason === "length") return fail(cutOff(target, options.maxTokens));
      return answerOf(target, question, text, {
        promptTokens: part.prompt_eval_count ?? 0,
        answerTokens: part.eval_count ?? tokens,
        durationMs: performance.now() - startedAt,
      });
    }
    return fail(
      problem("infrastructure", "ollama.broken_off", `${target.endpoint} broke off its answer`, {
        next: "read the server's log; the model may not fit into memory",
      }),
    );
  } catch (error) {
    return fail(
      whyFailed(error, target, {
        total,
        first: first.signal,
        given: options.signal,
        seconds: options.timeoutMs / 1000,
      }),
    );
  } finally {
    clearTimeout(timer);
  }
}

function answerOf(
  target: Target<"model.ask">,
  question: Question,
  text: string,
  counts: Pick<Answer, "promptTokens" | "answerTokens" | "durationMs">,
): Outcome<Answer> {
  if (question.format === undefined) return succeed({ text, json: undefined, ...counts });
  try {
    return succeed({ text, json: JSON.parse(text) as unknown, ...counts });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(
      problem(
        "infrastructure",
        "ollama.nonsense",
        `${target.model} answered with something else than the JSON it was asked for`,
        {
          details: text.slice(0, 1000),
          next: "use a larger model, or one that follows formats",
        },
      ),
    );
  }
}

export interface ModelState {
  readonly available: boolean;
  /** Models that the server has. */
  readonly models: readonly string[];
}

/** Whether a server answers and has a model; a name without a tag means `:latest`. A quick look: 3 s at most. */
export async function modelAvailable(
  endpoint: string,
  model: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Outcome<ModelState>> {
  const timeoutMs = options.timeoutMs ?? 3_000;
  const total = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([total, options.signal]) : total;
  try {
    const answer: { models?: unknown } = await clientFor(endpoint, signal).list();
    if (!Array.isArray(answer.models)) return fail(notOllama(endpoint));
    const models = answer.models.flatMap((item: { name?: unknown }) =>
      typeof item?.name === "string" ? [item.name] : [],
    );
    const wanted = model.includes(":") ? model : `${model}:latest`;
    return succeed({ available: models.includes(wanted), models });
  } catch (error) {
    return fail(
      whyFailed(
        error,
        { endpoint, model },
        { total, first: undefined, given: options.signal, seconds: timeoutMs / 1000 },
      ),
    );
  }
}

function clientFor(endpoint: string, signal: AbortSignal): Ollama {
  return new Ollama({
    host: endpoint,
    fetch: (input, init) => {
      const own = init?.signal;
      return fetch(input, { ...init, redirect: "error", signal: own ? AbortSignal.any([own, signal]) : signal });
    },
  });
}

interface Limits {
  readonly total: AbortSignal;
  readonly first: AbortSignal | undefined;
  readonly given: AbortSignal | undefined;
  readonly seconds: number;
}

function whyFailed(error: unknown, target: { endpoint: string; model: string }, limits: Limits): Diagnostic {
  const { endpoint, model } = target;
  if (limits.given?.aborted) return problem("infrastructure", "ollama.cancelled", "the question was cancelled");
  if (limits.first?.aborted) {
    return problem("infrastructure", "ollama.too_slow", `${endpoint} did not begin to answer in time`, {
      next: "check that the machine can hold the model, or use a smaller one",
    });
  }
  if (limits.total.aborted) {
    return problem("infrastructure", "ollama.timeout", `${endpoint} did not finish its answer in ${limits.seconds} s`, {
      next: "allow more time, fewer tokens, or use a smaller model",
    });
  }
  const status = typeof error === "object" && error !== null && "status_code" in error ? error.status_code : undefined;
  if (status === 404 && /not found/i.test(messageOf(error))) {
    return problem("config", "ollama.no_model", `${endpoint} does not have the model ${model}`, {
      next: `ollama pull ${model}`,
    });
  }
  if (status !== undefined) {
    return problem(
      "infrastructure",
      "ollama.failed",
      `${endpoint} answered ${status}: ${messageOf(error).slice(0, 300)}`,
    );
  }
  if (error instanceof SyntaxError) return notOllama(endpoint);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
  return problem("infrastructure", "ollama.unreachable", `no model server could be reached at ${endpoint}: ${reason}`, {
    next: "start it (ollama serve), or correct the address in the configuration",
  });
}

function notOllama(endpoint: string): Diagnostic {
  return problem("config", "ollama.not_ollama", `what answers at ${endpoint} is not Ollama`, {
    next: "correct the address in the configuration",
  });
}

function cutOff({ model }: Target<"model.ask">, maxTokens: number): Diagnostic {
  return problem("infrastructure", "ollama.cut_off", `${model} did not come to an end within ${maxTokens} tokens`, {
    next: "allow more tokens, or ask for less",
  });
}
