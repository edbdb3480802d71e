import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { perform } from "../../constitution/effect.ts";
import type { Target } from "../../core/action.ts";
import { sha256 } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import type { Redactor } from "../../core/redact.ts";
import { readBounded, unreachable } from "./get.ts";

type PostAction = "announce.post" | "webhook.send";

export interface WebhookPost {
  /** Often a secret in itself; only its origin is ever shown. */
  readonly url: string;
  /** JSON text; the permit's target names its digest. */
  readonly body: string;
  /** Signs the body: `X-Codemonkeys-Signature-256: sha256=…` (HMAC, hex), as GitHub does. */
  readonly secret?: string | undefined;
  readonly redactor?: Redactor | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of one attempt. */
  readonly timeoutMs?: number;
  readonly attempts?: number;
  /** Wait after the first failed attempt; doubled after each further one. */
  readonly retryMs?: number;
}

export interface Posted {
  readonly status: number;
  readonly attempts: number;
}

const TIMEOUT_MS = 15_000;
const ATTEMPTS = 4;
const RETRY_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const ANSWER_BYTES = 64 * 1024;

/**
 * Posts JSON to a webhook, at least once: what is not answered, or answered with 429 or 5xx, is sent again with the same
 * `Idempotency-Key`, waiting as `Retry-After` says. Redirects are refused, since they would carry the body elsewhere.
 */
export function postWebhook<A extends PostAction>(
  permit: Permit<A>,
  action: A,
  target: Target<A>,
  post: WebhookPost,
): Promise<Outcome<Posted>> {
  return perform(permit, action, target, async () => {
    const checked = check(target, post);
    if (!checked.ok) return checked;
    if (post.secret !== undefined) post.redactor?.add(post.secret);
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "user-agent": "codemonkeys",
      "idempotency-key": target.key,
    };
    if (post.secret !== undefined) {
      const signature = createHmac("sha256", post.secret).update(post.body).digest("hex");
      headers["x-codemonkeys-signature-256"] = `sha256=${signature}`;
    }
    const attempts = post.attempts ?? ATTEMPTS;
    let wait = post.retryMs ?? RETRY_MS;
    for (let attempt = 1; ; attempt++) {
      const sent = await send(post, headers);
      if (sent.ok) return succeed({ status: sent.status, attempts: attempt });
      if (!sent.again || attempt >= attempts || post.signal?.aborted) return fail(sent.diagnostic);
      await pause(Math.min(sent.waitMs ?? wait, LONGEST_WAIT_MS), post.signal);
      wait *= 2;
    }
  });
}

function check(target: Target<PostAction>, { url, body }: WebhookPost): Outcome<void> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return fail(problem("config", "webhook.bad_address", "the webhook's address is no http or https URL"));
  }
  if (sha256(body) !== target.digest) {
    return fail(problem("policy", "webhook.body_differs", "the body is not the one that was allowed"));
  }
  if (!URL.canParse(target.to) || new URL(target.to).origin !== new URL(url).origin) {
    const message = `the permit is for ${target.to}, but this would be sent to ${new URL(url).origin}`;
    return fail(problem("policy", "webhook.other_receiver", message));
  }
  return succeed(undefined);
}

type Attempt =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly again: boolean; readonly waitMs?: number; readonly diagnostic: Diagnostic };

async function send(
  { url, body, timeoutMs, signal, redactor }: WebhookPost,
  headers: Record<string, string>,
): Promise<Attempt> {
  const timeout = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    const { status } = response;
    const answer = (await readBounded(response, ANSWER_BYTES)) ?? "";
    if (status >= 200 && status < 300) return { ok: true, status };
    const details = answer.trim().slice(0, 1000);
    const rest = details === "" ? {} : { details: redactor ? redactor.redact(details) : details };
    if (status >= 300 && status < 400) {
      const message = `${origin} redirects (${status}); webhooks do not follow`;
      return {
        ok: false,
        again: false,
        diagnostic: problem("config", "webhook.redirect", message, { next: "configure the final address" }),
      };
    }
    const again = status === 429 || status >= 500;
    const message = `${origin} answered ${status}`;
    const diagnostic = again
      ? problem("infrastructure", "webhook.failed", message, {
          ...rest,
          next: "run this again later; the receiver knows it by its key",
        })
      : problem("config", "webhook.refused", message, { ...rest, next: "check the webhook's address and secret" });
    const waitMs = retryAfter(response.headers.get("retry-after"));
    return { ok: false, again, diagnostic, ...(waitMs === undefined ? {} : { waitMs }) };
  } catch (error) {
    const { message, ...diagnostic } = unreachable(origin, error);
    return {
      ok: false,
      again: true,
      diagnostic: { ...diagnostic, code: diagnostic.code.replace("http.", "webhook."), message },
    };
  }
}

/** Milliseconds of a Retry-After header: seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Waits, but not past an abort; the next attempt then ends at once. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
  }
}
