import { setTimeout as sleep } from "node:timers/promises";
import type { Octokit } from "@octokit/rest";
import { sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { keepAnswer, keptAnswer } from "../../swarm/http-answers.ts";
import type { Swarm } from "../../swarm/open.ts";
import { type Bucket, blockBucket, takeToken } from "../../swarm/rate-limits.ts";
import { failureOf, isRequestFailure, rateLimited } from "./failures.ts";

export interface GitHubOptions {
  /** Root of the REST API: `https://api.github.com`, or `https://HOST/api/v3` of a GitHub server. */
  readonly api: string;
  readonly token: string;
  /** Holds the rate limit and the kept answers that all processes of the organisation share. */
  readonly swarm: Swarm;
  readonly signal?: AbortSignal | undefined;
  /** Of one attempt, in milliseconds. */
  readonly timeoutMs?: number;
  /** Longest wait for the rate limit before it is a failure; milliseconds. */
  readonly patienceMs?: number;
  /** Length of a "second" that a retry waits; tests shorten it. */
  readonly secondMs?: number;
}

/** One account at one GitHub. */
export interface GitHub {
  readonly api: string;
  /**
   * Asks GitHub. Repeated on 5xx and, within the patience, on rate limits; a GET is answered from what is kept when
   * GitHub says that nothing changed. `what` names the thing in failures.
   */
  call<T>(what: string, ask: (octokit: Octokit) => Promise<T>): Promise<Outcome<T>>;
}

const TIMEOUT_MS = 30_000;
const PATIENCE_MS = 90_000;
/** GitHub grants a user 5000 requests an hour: 3600 evenly, and a reserve to use at once. */
const CAPACITY = 300;
const PER_SECOND = 1;

/** Whether a request failed because the thing is not there: an answer for who looks something up. */
export function absentAsUndefined<T>(outcome: Outcome<T>): Outcome<T | undefined> {
  if (outcome.ok || !outcome.diagnostics.every(({ code }) => code === "github.not_found")) return outcome;
  return succeed(undefined);
}

/** Opens no connection yet: the first call does. */
export function connectGitHub(options: GitHubOptions): GitHub {
  const { api, swarm, signal } = options;
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  // The limit is the user's, whichever company's configuration names the token; the token itself is not written down.
  const account = sha256(`${api}\0${options.token}`).slice(0, 24);
  const bucket: Bucket = { resource: `github ${account}`, capacity: CAPACITY, perSecond: PER_SECOND };
  let octokit: Promise<Octokit> | undefined;
  return {
    api,
    async call(what, ask) {
      octokit ??= makeOctokit(options, account, bucket, patienceMs);
      const wait = await takeToken(swarm, bucket, patienceMs);
      if (!wait.ok) return wait;
      if (wait.value > patienceMs) return fail(rateLimited(what, wait.value));
      try {
        if (wait.value > 0) await sleep(wait.value, undefined, signal ? { signal } : {});
        return succeed(await ask(await octokit));
      } catch (error) {
        if (!isRequestFailure(error)) throw error;
        return fail(failureOf(what, error));
      }
    },
  };
}

async function makeOctokit(
  options: GitHubOptions,
  account: string,
  bucket: Bucket,
  patienceMs: number,
): Promise<Octokit> {
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([
    import("@octokit/rest"),
    import("@octokit/plugin-throttling"),
    import("@octokit/plugin-retry"),
  ]);
  const { swarm } = options;
  const secondMs = options.secondMs ?? 1000;
  // The plugin's types want the answer at once; it does wait for a promise (Bottleneck's `trigger`).
  const limited = (async (seconds: number, _request: unknown, _octokit: unknown, retries: number) => {
    // Everybody who shares the account learns of it. Should the database fail here, this process still waits.
    await blockBucket(swarm, bucket, seconds * secondMs);
    return retries === 0 && seconds * secondMs <= patienceMs;
  }) as unknown as () => boolean;
  const octokit = new (Octokit.plugin(throttling, retry))({
    auth: options.token,
    baseUrl: options.api,
    userAgent: "codemonkeys",
    log: { debug() {}, info() {}, warn() {}, error() {} },
    request: { fetch: timedFetch(options) },
    retry: { retryAfterBaseValue: secondMs },
    throttle: {
      id: account,
      retryAfterBaseValue: secondMs,
      onRateLimit: limited,
      onSecondaryRateLimit: limited,
    },
  });
  octokit.hook.wrap("request", conditional(octokit, swarm, account));
  return octokit;
}

function timedFetch({ signal, timeoutMs = TIMEOUT_MS }: GitHubOptions): typeof fetch {
  return (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    return fetch(input, { ...init, signal: signal ? AbortSignal.any([timeout, signal]) : timeout });
  };
}

interface Answer {
  readonly status: number;
  readonly url: string;
  readonly headers: Record<string, string | number | undefined>;
  readonly data: unknown;
}

/** Asks for JSON by its ETag: an answer that did not change costs nothing of the rate limit and is taken as kept. */
function conditional(octokit: Octokit, swarm: Swarm, account: string) {
  // biome-ignore lint/suspicious/noExplicitAny: the hook's types name every endpoint there is
  return async (request: any, options: any): Promise<any> => {
    if (options.method !== "GET") return await request(options);
    const { url } = octokit.request.endpoint(options);
    const kept = await keptAnswer(swarm, { account, url });
    if (!kept.ok || kept.value === undefined) return await keep(swarm, account, url, await request(options));
    // Hooks further in get this very object, whatever is handed on.
    options.headers = { ...options.headers, "if-none-match": kept.value.etag };
    try {
      return await keep(swarm, account, url, await request(options));
    } catch (error) {
      if (!isRequestFailure(error) || error.status !== 304) throw error;
      const { data, link } = JSON.parse(kept.value.body) as { data: unknown; link?: string };
      return { status: 200, url, headers: link === undefined ? {} : { link }, data } satisfies Answer;
    }
  };
}

async function keep(swarm: Swarm, account: string, url: string, answer: Answer): Promise<Answer> {
  const { etag, link } = answer.headers;
  const json = /\bjson\b/.test(String(answer.headers["content-type"] ?? ""));
  if (answer.status === 200 && json && typeof etag === "string") {
    const body = JSON.stringify({ data: answer.data, ...(typeof link === "string" ? { link } : {}) });
    // Not kept is only slower: the answer itself is here.
    await keepAnswer(swarm, { account, url, etag, body });
  }
  return answer;
}
