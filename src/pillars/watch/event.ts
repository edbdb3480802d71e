import { createHmac, timingSafeEqual } from "node:crypto";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Fleet } from "../../pipeline/fleet.ts";

/**
 * Checks that a webhook's body was signed with the shared secret, as GitHub signs: `sha256=` and the HMAC-SHA-256 of the
 * bytes, in hex (`X-Hub-Signature-256`). Compared in constant time.
 */
export function verifySignature(body: string, signature: string | undefined, secret: string): Outcome<void> {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  if (given.length === expected.length && timingSafeEqual(given, expected)) return succeed(undefined);
  return fail(
    problem("policy", "watch.bad_signature", "the event is not signed with this organisation's webhook secret", {
      next: "hand over the X-Hub-Signature-256 header as --signature, and use the same secret on both sides",
    }),
  );
}

/**
 * The products that an event is about. The event is only a hint where to look: what happened is looked up in git and CI,
 * so that a forged or repeated event can start nothing that was not due. Takes GitHub's push, workflow_run and
 * pull_request events, Jenkins' notifications (`build.scm.url`), and `{"product": NAME}`.
 */
export function productsOfEvent(body: string, fleet: Fleet): Outcome<string[]> {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return fail(
      problem("config", "watch.bad_event", "the event is no JSON", { next: "hand over the webhook's body as it came" }),
    );
  }
  const at = (...path: string[]) =>
    path.reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
      event,
    );
  const named = at("product");
  const addresses = [
    at("repository", "clone_url"),
    at("repository", "ssh_url"),
    at("repository", "html_url"),
    at("build", "scm", "url"),
    at("scm", "url"),
  ].flatMap((one) => (typeof one === "string" ? [plain(one)] : []));
  const found = Object.entries(fleet.products)
    .filter(([name, { repo }]) => name === named || addresses.includes(plain(repo)))
    .map(([name]) => name);
  if (found.length > 0) return succeed(found);
  return fail(
    problem("config", "watch.unknown_repository", "the event is about no product of this fleet", {
      next: 'products are known by `repo` in fleet.yaml; an event may also name one: {"product": NAME}',
    }),
  );
}

/** One spelling of a repository's address: host and path, however it is reached. */
function plain(address: string): string {
  return address
    .replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/i, "")
    .replace(/^[\w.-]+@([\w.-]+):/, "$1/")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .toLowerCase();
}
