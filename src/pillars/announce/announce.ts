import * as z from "zod";
import type { Target } from "../../core/action.ts";
import { canonicalJson, sha256 } from "../../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun } from "../../swarm/journal.ts";
import { postWebhook } from "../../tools/http/webhook.ts";
import { type Acting, actingFor, permitFor } from "../acting.ts";
import { stop } from "../publish/publish.ts";
import { releaseConditions } from "../release/conditions.ts";
import { findRelease } from "../release/kept.ts";
import {
  type Announced,
  announcedSchema,
  type Published,
  plannedEffectSchema,
  type ReleaseUnit,
} from "../release/report.ts";

/** What is told of one release. */
export interface Announcement extends Pick<ReleaseUnit, "name" | "version" | "tag" | "notes"> {
  readonly product: string;
  readonly published: readonly Published[];
}

export const announceResultSchema = z.object({
  run: z.string().nullable(),
  release: z.string().describe("the release run that is announced"),
  version: z.string(),
  announced: z.array(announcedSchema),
  effects: z.array(plannedEffectSchema).describe("in a dry run: what would be done, in order"),
});
export type AnnounceResult = z.infer<typeof announceResultSchema>;

/**
 * Posts the notes of a release that was made before to the product's channels; a receiver gets them once. A release
 * announces itself, so that there is usually nothing left to do.
 */
export async function announce(
  session: Session,
  params: { readonly version?: string | undefined } = {},
): Promise<Outcome<AnnounceResult>> {
  const product = productOf(session);
  const found = await findRelease(session, params.version);
  if (!found.ok) return found;
  const { plan, published } = found.value;
  const git = await productRepository(session);
  if (!git.ok) return git;
  const facts = await releaseConditions(session, git.value, plan, undefined);
  if (!facts.ok) return facts;
  const version = plan.units.map((unit) => unit.version).join("+");
  if (found.value.announced.length > 0) {
    session.emit({ type: "task.started", task: "announce", title: "announce" });
    session.emit({
      type: "task.finished",
      task: "announce",
      state: "skipped",
      title: `${version} was announced by its release`,
    });
    return succeed({
      run: null,
      release: found.value.run,
      version,
      announced: [...found.value.announced],
      effects: [],
    });
  }
  const announcements = plan.units.map((unit): Announcement => ({ ...unit, product: plan.product, published }));
  const result: AnnounceResult = { run: null, release: found.value.run, version, announced: [], effects: [] };
  if (session.dryRun) {
    const gate = session.gate.bound({ pillar: "announce", attempt: 1, trigger: session.trigger, facts: facts.value });
    const warnings: Diagnostic[] = [];
    for (const announcement of announcements) {
      const targets = announcementTargets(session, announcement);
      if (!targets.ok) return targets;
      warnings.push(...targets.warnings);
      for (const target of targets.value) {
        const { answer, rule = null, reason } = await gate.preview("announce.post", target, {});
        result.effects.push({ action: "announce.post", target, answer, rule, reason });
      }
    }
    return succeed(result, warnings);
  }
  const run = await openRun(session.swarm, {
    kind: "announce",
    key: `${product.name}@${version}`,
    company: product.company,
    product: product.name,
    title: `announce ${product.name} ${version}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!run.ok) return run;
  const acting = actingFor(session, run.value, "announce", facts.value);
  const warnings: Diagnostic[] = [];
  for (const announcement of announcements) {
    const told = await announceRelease(acting, announcement);
    if (!told.ok) return await stop(acting, told.diagnostics);
    warnings.push(...told.warnings);
    result.announced.push(...told.value);
  }
  const closed = await run.value.finish("succeeded", { announced: result.announced });
  if (!closed.ok) return closed;
  return succeed({ ...result, run: run.value.id }, warnings);
}

/** A way of telling that exists here; the others are named in a warning. */
interface Channel {
  readonly name: "webhook";
  /** The variable that holds the address, or the address itself, where the configuration says it. */
  readonly variable?: string;
  readonly address?: string;
  readonly from: string;
}

/** Posts one release's notes to every channel of the product, each once, each asked of the constitution. */
export async function announceRelease(acting: Acting, announcement: Announcement): Promise<Outcome<Announced[]>> {
  const { session, run } = acting;
  const channels = channelsOf(session, announcement);
  const id = `announce.${announcement.name}`;
  if (channels.value.length === 0) {
    const title = `${announcement.name} ${announcement.version}: no channel to announce it on`;
    return await task(
      session.emit,
      id,
      title,
      async () => succeed<Announced[]>([], channels.warnings),
      () => ({ state: "skipped" }),
    );
  }
  return await task(
    session.emit,
    id,
    `announce ${announcement.name} ${announcement.version}`,
    async () => {
      const kept = await run.step(`notes ${announcement.name}`, () =>
        session.artifacts.put(Buffer.from(session.redactor.redact(announcement.notes), "utf8")),
      );
      if (!kept.ok) return kept;
      const told: Announced[] = [];
      for (const channel of channels.value) {
        const posted = await run.deliver(announcementStep(announcement.name, channel.name), (key) =>
          post(acting, announcement, channel, { key, notesDigest: kept.value.digest }),
        );
        if (!posted.ok) return posted;
        told.push(posted.value);
      }
      return succeed(told, channels.warnings);
    },
    (done) =>
      done.ok
        ? {
            title: `announced ${announcement.name} ${announcement.version} to ${done.value.map(({ to }) => to).join(", ")}`,
          }
        : { state: acting.asked ? "held" : "failed" },
  );
}

/** The journal's name of an announcement on one channel. */
export function announcementStep(name: string, channel: string): string {
  return `announce ${name} ${channel}`;
}

/** The targets of an announcement, before it is made: with the keys of the run where there is one. */
export function announcementTargets(
  session: Session,
  announcement: Announcement,
  keyOf: (step: string) => string = () => "planned",
): Outcome<Target<"announce.post">[]> {
  const channels = channelsOf(session, announcement);
  const targets: Target<"announce.post">[] = [];
  for (const channel of channels.value) {
    const url = addressOf(session, channel);
    if (!url.ok) return url;
    const key = keyOf(announcementStep(announcement.name, channel.name));
    const notesDigest = sha256(session.redactor.redact(announcement.notes));
    const body = bodyOf(session, announcement, { key, notesDigest });
    targets.push({ channel: channel.name, to: shown(url.value), digest: sha256(body), key });
  }
  return succeed(targets, channels.warnings);
}

function channelsOf(session: Session, { name }: Announcement): { value: Channel[]; warnings: Diagnostic[] } {
  const product = productOf(session);
  const variable = product.config.get("ship.alerts.webhook_url_env");
  const address = product.config.get("ship.alerts.webhook_url");
  const setting = product.config.explain(
    variable === undefined ? "ship.alerts.webhook_url" : "ship.alerts.webhook_url_env",
  );
  const warnings: Diagnostic[] = [];
  const value: Channel[] = [];
  const wanted = [
    ...new Set([...((variable ?? address) === undefined ? [] : ["webhook"]), ...product.spec.value.announce]),
  ];
  for (const channel of wanted) {
    const where = product.spec.place(["announce", Math.max(0, product.spec.value.announce.indexOf(channel))]);
    if (channel !== "webhook") {
      warnings.push(
        problem(
          "config",
          "announce.unsupported_channel",
          `${name} is not announced on ${channel}: that channel is not supported`,
          {
            severity: "warning",
            where,
            next: "supported is webhook; take the other out of `announce` in SPEC.md, or post there by hand",
          },
        ),
      );
    } else if (variable === undefined && address === undefined) {
      warnings.push(
        problem("config", "announce.no_webhook", `${name} is not announced: nothing says the webhook's address`, {
          severity: "warning",
          where,
          next: "set ship.alerts.webhook_url in .codemonkeys/config.yaml, or webhook_url_env to the name of a variable where the address is a secret",
        }),
      );
    } else {
      const from = setting.where ? `${setting.where.file}:${setting.where.line}` : "the configuration";
      value.push({
        name: "webhook",
        from,
        ...(variable === undefined ? { address: address as string } : { variable }),
      });
    }
  }
  return { value, warnings };
}

/** The webhook's address. It often holds a token in its path, so it counts as a secret. */
function addressOf(session: Session, { variable, address, from }: Channel): Outcome<string> {
  if (variable === undefined) return succeed(address as string);
  const url = session.environment[variable]?.trim();
  if (!url) {
    return fail(
      problem("secret", "announce.no_address", `the webhook's address is missing: ${variable} is not set`, {
        next: `export ${variable}=https://… before the command; ${from} names the variable`,
      }),
    );
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return fail(
      problem("secret", "announce.bad_address", `${variable} holds no http or https address`, {
        next: `set ${variable} to the whole address of the webhook`,
      }),
    );
  }
  const { pathname, search } = new URL(url);
  session.redactor.add(url);
  if (pathname.length > 12) session.redactor.add(pathname);
  if (search.length > 8) session.redactor.add(search);
  return succeed(url);
}

/** What receivers can tell our posts by, where the configuration names one. */
function signingKey(session: Session): string | undefined {
  const variable = productOf(session).config.get("ship.alerts.signing_key_env");
  return variable === undefined ? undefined : session.environment[variable];
}

/** The host alone: what follows may be a token. */
function shown(url: string): string {
  return new URL(url).origin;
}

/** What the receiver gets, as canonical JSON: equal announcements are equal bytes. */
function bodyOf(
  session: Session,
  { product, name, version, tag, notes, published }: Announcement,
  { key, notesDigest }: { key: string; notesDigest: string },
): string {
  return canonicalJson({
    event: "release",
    key,
    company: productOf(session).company,
    product,
    name,
    version,
    tag,
    notes: session.redactor.redact(notes),
    notes_digest: notesDigest,
    packages: published.map((one) => ({
      ecosystem: one.ecosystem,
      name: one.package,
      version: one.version,
      registry: one.registry,
    })),
  });
}

async function post(
  acting: Acting,
  announcement: Announcement,
  channel: Channel,
  ids: { readonly key: string; readonly notesDigest: string },
): Promise<Outcome<Announced>> {
  const { session } = acting;
  const url = addressOf(session, channel);
  if (!url.ok) return url;
  const body = bodyOf(session, announcement, ids);
  const target = { channel: channel.name, to: shown(url.value), digest: sha256(body), key: ids.key };
  const permit = await permitFor(acting, "announce.post", target);
  if (!permit.ok) return permit;
  const sent = await postWebhook(permit.value, "announce.post", target, {
    url: url.value,
    body,
    secret: signingKey(session),
    redactor: session.redactor,
    signal: session.signal,
  });
  if (!sent.ok) return sent;
  return succeed({ channel: channel.name, to: target.to, key: ids.key, notes_digest: ids.notesDigest }, sent.warnings);
}
