import { type Diagnostic, messageOf, problem } from "../../core/diagnostic.ts";

/** What @octokit/request throws: any answer that is no success, and, with status 500 and no response, no answer. */
interface RequestFailure extends Error {
  readonly status: number;
  readonly request?: { readonly method?: string; readonly url?: string };
  readonly response?: {
    readonly headers?: Readonly<Record<string, string | number | undefined>>;
    readonly data?: unknown;
  };
}

export function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && typeof (error as RequestFailure).status === "number";
}

/** Whether GitHub refused only because too much was asked: by the hour, or at once. */
export function isRateLimit(error: RequestFailure): boolean {
  if (error.status !== 403 && error.status !== 429) return false;
  const headers = error.response?.headers ?? {};
  return (
    String(headers["x-ratelimit-remaining"]) === "0" ||
    headers["retry-after"] !== undefined ||
    /\brate limit\b/i.test(error.message)
  );
}

/** A failed request as a diagnostic. `what` names the thing that was asked for: `pull request 7 of acme/payments`. */
export function failureOf(what: string, error: RequestFailure): Diagnostic {
  const { status } = error;
  const said = words(error);
  if (error.response === undefined) {
    const cause = error.cause instanceof Error ? error.cause : error;
    const reason = (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
    return problem("infrastructure", "github.unreachable", `GitHub could not be reached for ${what}: ${reason}`, {
      next: /CERT|SELF_SIGNED|UNABLE_TO/.test(String(reason))
        ? "name the certificate authority of this GitHub server in NODE_EXTRA_CA_CERTS"
        : "check the connection and the account's url in fleet.yaml, then run this again",
    });
  }
  if (isRateLimit(error)) return rateLimited(what, waitOf(error, Date.now()));
  if (status === 401) {
    return problem(
      "secret",
      "github.unauthenticated",
      `GitHub does not know the token it was given for ${what} (401)`,
      {
        next: "it may have expired: make a new one and bind it to the variable that the company's account names",
      },
    );
  }
  if (status === 403) {
    const needs = error.response.headers?.["x-accepted-github-permissions"];
    return problem("secret", "github.forbidden", `the token may not do this with ${what}: ${said}`, {
      next: needs ? `give the token: ${needs}` : "give the token the permission for it, or take another one",
    });
  }
  if (status === 404) {
    return problem("config", "github.not_found", `GitHub has no ${what}, or this token may not see it`, {
      next: "check the name, and that the token is for this repository",
    });
  }
  if (status === 410) return problem("config", "github.gone", `GitHub has the ${what} no more`);
  if (status >= 500) {
    return problem("infrastructure", "github.failing", `GitHub failed on ${what} (${status})`, {
      next: "run this again later; https://www.githubstatus.com says how GitHub is",
    });
  }
  return problem("config", "github.refused", `GitHub refused ${what} (${status}): ${said}`);
}

/** The account's requests are used up; `waitMs` until there are more. */
export function rateLimited(what: string, waitMs: number): Diagnostic {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const time = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return problem(
    "infrastructure",
    "github.rate_limited",
    `GitHub takes no more requests of this account for ${time}: ${what}`,
    {
      next: "run this again after that; all processes that share the Swarm database wait with it",
    },
  );
}

/** Milliseconds until GitHub wants to be asked again: it says seconds, or when the hour is over, or nothing. */
function waitOf(error: RequestFailure, now: number): number {
  const headers = error.response?.headers ?? {};
  const after = Number(headers["retry-after"]);
  if (Number.isFinite(after)) return after * 1000;
  const reset = Number(headers["x-ratelimit-reset"]) * 1000 - now;
  return Number.isFinite(reset) && reset > 0 ? reset : 60_000;
}

/** What GitHub says about it, with the list of errors that a 422 brings. */
function words(error: RequestFailure): string {
  const data = error.response?.data as { readonly message?: string; readonly errors?: readonly unknown[] } | undefined;
  const errors = (Array.isArray(data?.errors) ? data.errors : []).map((one) => {
    const { message, resource, field, code } = (typeof one === "object" ? one : { message: String(one) }) as Record<
      string,
      string | undefined
    >;
    return message ?? [resource, field, code].filter((part) => part !== undefined).join(" ");
  });
  const text = [data?.message ?? error.message.replace(/ - https:\/\/\S+$/, ""), ...errors].join("; ");
  return text.replaceAll(/\s+/g, " ").slice(0, 500);
}
