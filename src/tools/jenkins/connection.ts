import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { pause } from "../../core/pause.ts";
import { shown } from "../http/get.ts";

export interface JenkinsOptions {
  /** The controller's root, with its context path: `https://ci.example.com/jenkins`. */
  readonly url: string;
  readonly user: string;
  /** An API token; a password works too and needs the crumb that is fetched anyway. */
  readonly token: string;
  /** PEM of the certificate authority that signed the controller's certificate, when the system does not know it. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of one attempt, in milliseconds. */
  readonly timeoutMs?: number;
  readonly attempts?: number;
  /** Wait after the first failed attempt; doubled after each further one. */
  readonly retryMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** It had more bytes than were allowed; `body` is its beginning. */
  readonly cut?: boolean;
}

/** Requests to one controller: authenticated, with its crumb and session, repeated where that cannot do harm. */
export interface JenkinsConnection {
  readonly url: string;
  /** Whoever stops the call; long waits between requests look at it too. */
  readonly signal: AbortSignal | undefined;
  /**
   * Any status below 500 but 401 and 403 is an answer. Repeated on 429, 5xx and when the controller is not reached. An
   * answer of more bytes than allowed (64 MiB where nothing is said) is a failure.
   */
  get(path: string, limit?: { readonly mostBytes: number }): Promise<Outcome<Answer>>;
  /**
   * Repeated only when the controller surely did not act: it was not reached, it is starting (503), or it asked for a
   * fresh crumb. Else a failure says that the answer is not known.
   */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<Outcome<Answer>>;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;
const RETRY_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;

interface Crumb {
  readonly field: string;
  readonly value: string;
}

/** Opens no connection yet: the first request does. */
export function connectJenkins(options: JenkinsOptions): Outcome<JenkinsConnection> {
  if (!URL.canParse(options.url) || !/^https?:$/.test(new URL(options.url).protocol)) {
    return fail(problem("config", "jenkins.url", "the address of Jenkins is no http or https URL"));
  }
  const root = options.url.replace(/\/+$/, "");
  const attempts = options.attempts ?? ATTEMPTS;
  let cookies: string | undefined;
  /** Undefined: not asked yet. Null: this controller has no crumbs. */
  let crumb: Crumb | null | undefined;

  const once = async (
    method: "GET" | "POST",
    path: string,
    { body, mostBytes = MAX_BYTES }: { readonly body?: string; readonly mostBytes?: number | undefined } = {},
  ): Promise<Answer> => {
    const answer = await send(options, `${root}${path}`, {
      method,
      mostBytes,
      body,
      headers: {
        authorization: `Basic ${Buffer.from(`${options.user}:${options.token}`).toString("base64")}`,
        ...(cookies === undefined ? {} : { cookie: cookies }),
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...(method === "POST" && crumb ? { [crumb.field.toLowerCase()]: crumb.value } : {}),
      },
    });
    // A crumb is only good together with the session that it was given in.
    const set = answer.headers["set-cookie"];
    if (set !== undefined) cookies = set;
    return answer;
  };

  const repeat = async (path: string, run: () => Promise<Answer>, again: (failure: Failure) => boolean) => {
    for (let attempt = 1; ; attempt += 1) {
      const failure = await attemptOnce(run);
      if (options.signal?.aborted) return fail<Answer>(stopped(root));
      if ("answer" in failure && failure.answer.cut) return fail<Answer>(tooLarge(root, path));
      if ("answer" in failure && failure.answer.status < 500 && failure.answer.status !== 429) {
        return succeed(failure.answer);
      }
      if (attempt >= attempts || !again(failure)) {
        return fail<Answer>(diagnosticOf(root, path, failure));
      }
      const wait = Math.min((options.retryMs ?? RETRY_MS) * 2 ** (attempt - 1), LONGEST_WAIT_MS);
      await pause(Math.max(wait, retryAfter(failure)), options.signal);
      if (options.signal?.aborted) return fail<Answer>(stopped(root));
    }
  };

  const get = (path: string, limit?: { readonly mostBytes: number }) =>
    repeat(
      path,
      () => once("GET", path, { mostBytes: limit?.mostBytes }),
      () => true,
    );

  const freshCrumb = async (): Promise<Outcome<void>> => {
    const answered = await get("/crumbIssuer/api/json");
    if (!answered.ok) return answered;
    const { status, body } = answered.value;
    if (status === 404) {
      crumb = null;
      return succeed(undefined);
    }
    if (status !== 200) return fail(diagnosticOf(root, "/crumbIssuer/api/json", { answer: answered.value }));
    const read = readJson<{ crumb: string; crumbRequestField: string }>(body);
    if (!read.ok) return read;
    crumb = { field: read.value.crumbRequestField, value: read.value.crumb };
    return succeed(undefined);
  };

  const allowed = (path: string, answered: Outcome<Answer>): Outcome<Answer> =>
    answered.ok && [401, 403].includes(answered.value.status)
      ? fail(diagnosticOf(root, path, { answer: answered.value }))
      : answered;

  return succeed({
    url: root,
    signal: options.signal,
    get: async (path, limit) => allowed(path, await get(path, limit)),
    async post(path, form = {}) {
      const body = new URLSearchParams(form).toString();
      for (let crumbs = 0; ; crumbs += 1) {
        if (crumb === undefined) {
          const got = await freshCrumb();
          if (!got.ok) return got;
        }
        const answered = await repeat(path, () => once("POST", path, { body }), notCarriedOut);
        if (
          answered.ok &&
          answered.value.status === 403 &&
          /crumb/i.test(answered.value.body.toString()) &&
          crumbs === 0
        ) {
          // The session ended, or the controller was restarted: nothing was done.
          crumb = undefined;
          cookies = undefined;
          continue;
        }
        return allowed(path, answered);
      }
    },
  });
}

type Failure = { readonly answer: Answer } | { readonly error: unknown };

async function attemptOnce(run: () => Promise<Answer>): Promise<Failure> {
  try {
    return { answer: await run() };
  } catch (error) {
    return { error };
  }
}

/** The controller was not reached, is not up yet, or said that it is too busy: it has surely done nothing. */
function notCarriedOut(failure: Failure): boolean {
  if ("answer" in failure) return failure.answer.status === 503 || failure.answer.status === 429;
  const code = (failure.error as NodeJS.ErrnoException).code ?? "";
  return ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(code);
}

function retryAfter(failure: Failure): number {
  const seconds = "answer" in failure ? Number(failure.answer.headers["retry-after"]) : Number.NaN;
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
}

function stopped(root: string): Diagnostic {
  return problem("infrastructure", "jenkins.stopped", `the question to ${shown(root)} was stopped`, {
    next: "run this again",
  });
}

function tooLarge(root: string, path: string): Diagnostic {
  return problem("infrastructure", "jenkins.too_large", `${shown(`${root}${path}`)} is larger than is read here`, {
    next: "look at it in Jenkins",
  });
}

function diagnosticOf(root: string, path: string, failure: Failure): Diagnostic {
  const place = shown(`${root}${path}`);
  if ("error" in failure) {
    const reason = (failure.error as NodeJS.ErrnoException).code ?? messageOf(failure.error);
    return problem("infrastructure", "jenkins.unreachable", `${place} could not be reached: ${reason}`, {
      next: /CERT|SELF_SIGNED|UNABLE_TO/.test(String(reason))
        ? "give the certificate authority of this Jenkins as a PEM file: jenkins.ca_file"
        : "check the address and that Jenkins is up, then run this again",
    });
  }
  const { status } = failure.answer;
  if (status === 401) {
    return problem("secret", "jenkins.unauthenticated", `${place} does not know this user and token (401)`, {
      next: "make an API token in Jenkins under the user's Security page and bind it",
    });
  }
  if (status === 403) {
    return problem("secret", "jenkins.forbidden", `this user may not use ${place} (403)`, {
      next: "give it Overall/Read, Job/Read and, to start or stop builds, Job/Build and Job/Cancel",
    });
  }
  const what = status === 503 ? "is starting or overloaded" : "failed";
  return problem("infrastructure", "jenkins.failing", `${place} ${what} (${status})`, { next: "run this again later" });
}

/** The JSON of an answer. */
export function readJson<T>(body: Buffer): Outcome<T> {
  try {
    return succeed(JSON.parse(body.toString("utf8")) as T);
  } catch (error) {
    const message = `Jenkins answered with something else than JSON: ${messageOf(error)}`;
    return fail(problem("infrastructure", "jenkins.not_json", message, { next: "is a proxy in front of it?" }));
  }
}

/** node:http and not fetch, which cannot be given a certificate authority. Redirects are answers. */
function send(
  options: JenkinsOptions,
  url: string,
  {
    method,
    headers,
    body,
    mostBytes,
  }: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body: string | undefined;
    readonly mostBytes: number;
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
    const start = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = start(url, { method, headers, signal, ...(options.ca === undefined ? {} : { ca: options.ca }) });
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const answer = (cut: boolean): Answer => {
        const flat: Record<string, string | undefined> = {};
        for (const [name, value] of Object.entries(response.headers)) {
          flat[name] = Array.isArray(value) ? value.map((one) => one.split(";")[0]).join("; ") : value;
        }
        return { status: response.statusCode ?? 0, headers: flat, body: Buffer.concat(chunks), cut };
      };
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= mostBytes) return void chunks.push(chunk);
        resolve(answer(true));
        request.destroy();
      });
      response.once("error", reject);
      response.once("aborted", () => reject(new Error("the connection was cut")));
      response.once("end", () => resolve(answer(false)));
    });
    request.end(body);
  });
}
