import * as z from "zod";
import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { digestOf, type Json } from "../../core/canonical.ts";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { readBounded } from "../http/get.ts";

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
  /** The server's own counters, also of an answer that turns out to be no use; not called where it gives none. */
  readonly onCounted?: (tokens: number) => void;
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
  const broken = new AbortController();
  const signal = AbortSignal.any([total, first.signal, broken.signal, ...(options.signal ? [options.signal] : [])]);
  const limits = { total, first: first.signal, given: options.signal, seconds: options.timeoutMs / 1000 };
  let text = "";
  let tokens = 0;
  let begun = false;
  try {
    const response = await request(target.endpoint, "/api/chat", signal, {
      model: target.model,
      stream: true,
      messages: [
        ...(question.system === undefined ? [] : [{ role: "system", content: question.system }]),
        { role: "user", content: question.prompt },
      ],
      format: question.format,
      options: {
        num_predict: options.maxTokens,
        temperature: options.temperature ?? 0,
        seed: options.seed ?? 1,
        num_ctx: options.contextTokens,
      },
    });
    begun = true;
    if (!response.ok) return fail(await refused(response, target));
    for await (const line of linesOf(response)) {
      const part = partSchema.safeParse(parseJson(line));
      if (!part.success) return fail(notOllama(target.endpoint));
      clearTimeout(timer);
      if ("error" in part.data) return fail(failed(target.endpoint, part.data.error));
      const { message, done, done_reason, prompt_eval_count, eval_count } = part.data;
      if (done && prompt_eval_count !== undefined && eval_count !== undefined) {
        options.onCounted?.(prompt_eval_count + eval_count);
      }
      text += message.content;
      options.onProgress?.(++tokens);
      if (
        done_reason === "length" ||
        tokens > options.maxTokens + 1 ||
        text.length > options.maxTokens * CHARACTERS_PER_TOKEN
      ) {
        return fail(cutOff(target, options.maxTokens));
      }
      if (!done) continue;
      return answerOf(target, question, text, {
        promptTokens: prompt_eval_count ?? 0,
        answerTokens: eval_count ?? tokens,
        durationMs: performance.now() - startedAt,
      });
    }
    return fail(brokenOff(target.endpoint));
  } catch (error) {
    // Once it has begun to answer, the connection's end is the server's doing.
    if (begun && !signal.aborted) return fail(brokenOff(target.endpoint));
    return fail(whyFailed(error, target.endpoint, limits));
  } finally {
    clearTimeout(timer);
    // Ends a stream that is not read to its end, and with it the model's work.
    broken.abort();
  }
}

function answerOf(
  target: Target<"model.ask">,
  question: Question,
  text: string,
  counts: Pick<Answer, "promptTokens" | "answerTokens" | "durationMs">,
): Outcome<Answer> {
  if (question.format === undefined) return succeed({ text, json: undefined, ...counts });
  const json = parseJson(text);
  if (json !== undefined) return succeed({ text, json, ...counts });
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
    const response = await request(endpoint, "/api/tags", signal);
    if (!response.ok) return fail(await refused(response, { endpoint, model }));
    const list = listSchema.safeParse(parseJson((await readBounded(response, LIST_BYTES)) ?? ""));
    if (!list.success) return fail(notOllama(endpoint));
    const models = list.data.models.map(({ name }) => name);
    return succeed({ available: models.includes(model.includes(":") ? model : `${model}:latest`), models });
  } catch (error) {
    return fail(
      whyFailed(error, endpoint, { total, first: undefined, given: options.signal, seconds: timeoutMs / 1000 }),
    );
  }
}

const partSchema = z.union([
  z.object({ error: z.string() }),
  z.object({
    message: z.object({ content: z.string() }),
    done: z.boolean(),
    done_reason: z.string().optional(),
    prompt_eval_count: z.int().optional(),
    eval_count: z.int().optional(),
  }),
]);
const listSchema = z.object({ models: z.array(z.object({ name: z.string() })) });

const LIST_BYTES = 4 * 1024 * 1024;
const LINE_CHARACTERS = 1024 * 1024;

function request(endpoint: string, path: string, signal: AbortSignal, body?: unknown): Promise<Response> {
  return fetch(new URL(path, endpoint), {
    // A redirect would carry the prompt to a place that no rule has seen.
    redirect: "error",
    signal,
    ...(body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
}

/** The lines of a streamed answer; one that does not end is given out as it is, and is then no JSON. */
async function* linesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line.trim() !== "");
    if (rest.length > LINE_CHARACTERS) break;
  }
  if (rest.trim() !== "") yield rest;
}

/** JSON, or undefined for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a status other than success means. */
async function refused(
  response: Response,
  { endpoint, model }: { endpoint: string; model: string },
): Promise<Diagnostic> {
  const said = parseJson((await readBounded(response, LIST_BYTES)) ?? "");
  const message = typeof said === "object" && said !== null && "error" in said ? String(said.error) : undefined;
  if (message === undefined) return notOllama(endpoint);
  if (response.status === 404) {
    return problem("config", "ollama.no_model", `${endpoint} does not have the model ${model}`, {
      next: `ollama pull ${model}`,
    });
  }
  return failed(endpoint, message);
}

function failed(endpoint: string, message: string): Diagnostic {
  return problem("infrastructure", "ollama.failed", `${endpoint} could not answer: ${message.slice(0, 300)}`, {
    next: "read the server's log; the model may not fit into memory",
  });
}

interface Limits {
  readonly total: AbortSignal;
  readonly first: AbortSignal | undefined;
  readonly given: AbortSignal | undefined;
  readonly seconds: number;
}

function whyFailed(error: unknown, endpoint: string, limits: Limits): Diagnostic {
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
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
  return problem("infrastructure", "ollama.unreachable", `no model server could be reached at ${endpoint}: ${reason}`, {
    next: "start it (ollama serve), or correct the address in the configuration",
  });
}

function brokenOff(endpoint: string): Diagnostic {
  return problem("infrastructure", "ollama.broken_off", `${endpoint} broke off its answer`, {
    next: "read the server's log; the model may not fit into memory",
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
