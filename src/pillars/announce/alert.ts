import { permitOf } from "../../constitution/gate.ts";
import { canonicalJson, type Json, sha256 } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { deliverDue, enqueue, listMessages, type Message, reviveMessage } from "../../swarm/outbox.ts";
import { postWebhook } from "../../tools/http/webhook.ts";

/** Something that went wrong and that people should hear of wherever they are. */
export interface Failure {
  readonly run: string;
  /** `release payments 1.5.0` */
  readonly title: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Gotify's scale: from 8 on a phone makes a sound. */
const PRIORITY = 8;

/**
 * Tells the address of `ship.alerts.error_url` that something failed: one message for each way in which a run fails,
 * however often it is tried again. It is put into the outbox first, so that what cannot be delivered now is tried again
 * by the next release, announcement or watch pass, and is a dead letter in `status` after ten tries. A refusal by the
 * constitution is an answer and no failure. Never fails: what is in the way comes back as warnings.
 */
export async function alertFailure(session: Session, failure: Failure): Promise<readonly Diagnostic[]> {
  const { name: product, company, config } = productOf(session);
  const first = failure.diagnostics.find(({ severity, code }) => severity === "error" && !code.startsWith("gate."));
  if (!first || (config.get("ship.alerts.error_url") ?? config.get("ship.alerts.error_url_env")) === undefined)
    return [];
  const key = `cm-${sha256([company, product, failure.run, first.code].join("\0")).slice(0, 32)}`;
  const text = (value: string) => session.redactor.redact(value);
  const payload: Json = {
    event: "failed",
    title: `${failure.title} failed`,
    message: text(`${first.message}${first.next ? `\n→ ${first.next}` : ""}`),
    priority: PRIORITY,
    company,
    product,
    run: failure.run,
    code: first.code,
  };
  const queued = await enqueue(session.swarm, { company, product, topic: topicOf(session), key, payload });
  return queued.ok ? await deliverAlerts(session) : softly(queued.diagnostics);
}

/** Delivers what is due of the product's alerts. What fails stays in the outbox and comes back as warnings. */
export async function deliverAlerts(session: Session): Promise<readonly Diagnostic[]> {
  const problems: Diagnostic[] = [];
  const pass = await deliverDue(
    session.swarm,
    async (message) => {
      const sent = await send(session, message);
      if (!sent.ok) problems.push(...sent.diagnostics);
      return sent;
    },
    { topic: topicOf(session) },
  );
  return softly(pass.ok ? problems : pass.diagnostics);
}

/** The product's alerts that nobody has received, oldest first; those that were given up are `dead`. */
export function undeliveredAlerts(session: Session): Promise<Outcome<readonly Message[]>> {
  return listMessages(session.swarm, { topic: topicOf(session), state: ["pending", "dead"] });
}

/** Makes the product's alerts that were given up due again, under the keys that they had, and delivers what is due. */
export async function retryAlerts(session: Session): Promise<Outcome<readonly Diagnostic[]>> {
  const found = await undeliveredAlerts(session);
  if (!found.ok) return found;
  for (const { id } of found.value.filter(({ state }) => state === "dead")) {
    const revived = await reviveMessage(session.swarm, id);
    if (!revived.ok) return revived;
  }
  return succeed(await deliverAlerts(session));
}

/** Each product's alerts are delivered by its own sessions, which know its address. */
function topicOf(session: Session): string {
  const { company, name } = productOf(session);
  return `alert ${company}/${name}`;
}

function softly(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((diagnostic) => ({
    ...diagnostic,
    severity: "warning" as const,
    message: `an alert is not delivered yet: ${diagnostic.message}`,
  }));
}

async function send(session: Session, { payload, key }: Message): Promise<Outcome<unknown>> {
  const url = addressOf(session);
  if (!url.ok) return url;
  const body = canonicalJson({ ...(payload as Readonly<Record<string, Json>>), key });
  const target = { to: new URL(url.value).origin, digest: sha256(body), key };
  const gate = session.gate.bound({ pillar: "announce", attempt: 1, trigger: session.trigger });
  const permit = permitOf(await gate("webhook.send", target, {}));
  if (!permit.ok) return permit;
  const variable = productOf(session).config.get("ship.alerts.signing_key_env");
  return await postWebhook(permit.value, "webhook.send", target, {
    url: url.value,
    body,
    secret: variable === undefined ? undefined : session.environment[variable],
    redactor: session.redactor,
    signal: session.signal,
    // The outbox tries again later, by itself.
    attempts: 1,
  });
}

/** The address, whose path often holds a token. */
function addressOf(session: Session): Outcome<string> {
  const { config } = productOf(session);
  const variable = config.get("ship.alerts.error_url_env");
  if (variable === undefined) return succeed(config.get("ship.alerts.error_url") as string);
  const url = session.environment[variable]?.trim();
  if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return fail(
      problem("secret", "alert.no_address", `${variable} holds no http or https address`, {
        next: `export ${variable}=https://… before the command; ship.alerts.error_url_env names the variable`,
      }),
    );
  }
  const { pathname, search } = new URL(url);
  for (const secret of [url, pathname, search]) if (secret.length > 8) session.redactor.add(secret);
  return succeed(url);
}
