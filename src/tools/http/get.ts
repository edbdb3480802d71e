import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Got<Body = string> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

const MAX_BYTES = 32 * 1024 * 1024;

/** Reads a URL, following redirects. Any status is an answer; only not being reached or being flooded is a failure. */
export async function getText(url: string, options: GetOptions = {}): Promise<Outcome<Got>> {
  const got = await getBytes(url, options);
  return got.ok ? succeed({ ...got.value, body: got.value.body.toString("utf8") }) : got;
}

/** As `getText`, for what is no text. */
export async function getBytes(url: string, options: GetOptions = {}): Promise<Outcome<Got<Buffer>>> {
  const limit = options.maxBytes ?? MAX_BYTES;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  try {
    const response = await fetch(url, {
      headers: { ...options.headers },
      signal: options.signal ? AbortSignal.any([timeout, options.signal]) : timeout,
    });
    const body = await readBytes(response, limit);
    if (body === undefined) {
      const message = `${shown(url)} answered with more than ${limit} bytes`;
      return fail(problem("infrastructure", "http.too_large", message));
    }
    return succeed({ status: response.status, headers: response.headers, body });
  } catch (error) {
    return fail(unreachable(url, error));
  }
}

/** The text of a response, or undefined when it has more bytes than allowed. */
export async function readBounded(response: Response, limit: number): Promise<string | undefined> {
  return (await readBytes(response, limit))?.toString("utf8");
}

async function readBytes(response: Response, limit: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Why a URL could not be reached, as a diagnostic. */
export function unreachable(url: string, error: unknown) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  const code = timedOut ? "http.timeout" : "http.unreachable";
  const reason = timedOut ? "it did not answer in time" : ((cause as NodeJS.ErrnoException).code ?? messageOf(cause));
  return problem("infrastructure", code, `${shown(url)} could not be reached: ${reason}`, {
    next: "check the address and that the service is up, then run this again",
  });
}

/** An address as it may be shown: without credentials and query. */
export function shown(url: string): string {
  if (!URL.canParse(url)) return "the address";
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}
