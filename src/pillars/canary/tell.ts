import type { Target } from "../../core/action.ts";
import { canonicalJson, sha256 } from "../../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { postWebhook } from "../../tools/http/webhook.ts";
import { type Acting, permitFor } from "../acting.ts";
import type { Ladder } from "./ladder.ts";

/** How a canary ended. */
export interface Ending {
  readonly event: "canary.finished" | "canary.taken_back";
  readonly why: string;
  readonly by: string;
  readonly rung: number;
}

/**
 * Tells the organisation's webhook (`ship.alerts.webhook_url_env`) how a canary ended: at least once, always under the same
 * key. Nothing happens where no webhook is configured.
 */
export async function tellEnding(acting: Acting, ladder: Ladder, ending: Ending): Promise<Outcome<void>> {
  const { session, run } = acting;
  const url = addressOf(session);
  if (!url.ok) return url;
  if (url.value === undefined) return succeed(undefined);
  const address = url.value;
  const told = await run.deliver(tellingStep(ending), async (key) => {
    const { company, name } = productOf(session);
    const { environment, version, stable } = ladder;
    const body = canonicalJson({ ...ending, key, company, product: name, environment, version, stable, run: run.id });
    const target: Target<"webhook.send"> = { to: new URL(address).origin, digest: sha256(body), key };
    const permit = await permitFor(acting, "webhook.send", target);
    if (!permit.ok) return permit;
    const { redactor, signal } = session;
    return await postWebhook(permit.value, "webhook.send", target, { url: address, body, redactor, signal });
  });
  return told.ok ? succeed(undefined) : told;
}

/** The journal's name of the delivery. */
export function tellingStep({ event }: Ending): string {
  return `tell ${event}`;
}

/** The webhook's address. It often holds a token in its path, so it counts as a secret. */
function addressOf(session: Session): Outcome<string | undefined> {
  const variable = productOf(session).config.get("ship.alerts.webhook_url_env");
  if (variable === undefined) return succeed(undefined);
  const url = session.environment[variable]?.trim();
  if (url && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    session.redactor.add(url);
    return succeed(url);
  }
  return fail(
    problem("secret", "canary.no_address", `nobody is told how the canary ended: ${variable} holds no address`, {
      next: `export ${variable}=https://… before the command; ship.alerts.webhook_url_env names the variable`,
    }),
  );
}
