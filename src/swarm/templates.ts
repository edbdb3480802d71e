import { randomBytes } from "node:crypto";
import { canonicalJson, digestOf, type Json } from "../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Database, Swarm } from "./open.ts";
import { decodeValue } from "./step-values.ts";
import type { TemplateSource, TemplatesTable } from "./tables/learned.ts";
import { ensureCompany, query, transact } from "./transact.ts";
import { type TimedOutcome, trustOf } from "./trust.ts";

/** A fix that worked somewhere and may work again. */
export interface Template {
  readonly id: string;
  readonly pattern: string;
  readonly ecosystem: string;
  readonly edit: Json;
  readonly source: TemplateSource;
  /** Absent for another company's shared template: its products are not this company's business. */
  readonly learnedFrom?: { readonly product: string; readonly commit: string; readonly run: string };
  readonly shared: boolean;
  readonly createdAt: number;
  /** 0 to 1: see trust.ts. */
  readonly trust: number;
  readonly worked: number;
  readonly failed: number;
  /** Its newest use failed: it stands behind all that did not, whatever its trust. */
  readonly demoted: boolean;
}

/**
 * Keeps a fix for its company; the same edit for the same pattern is one template, and a revoked one stays revoked. The
 * fix it was learned from counts as its first success: do not record that one again. A person's change counts for nothing
 * yet, as nobody proved that it alone was the repair.
 */
export async function saveTemplate(
  swarm: Swarm,
  template: {
    readonly company: string;
    readonly pattern: string;
    readonly ecosystem: string;
    readonly edit: Json;
    readonly learnedFrom?: { readonly product: string; readonly commit: string; readonly run: string } | undefined;
    readonly source: TemplateSource;
  },
): Promise<Outcome<string>> {
  const { company, pattern, ecosystem, edit, learnedFrom } = template;
  const id = `t-${digestOf([company, pattern, ecosystem, edit]).slice(0, 12)}`;
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, company, now);
    await trx
      .insertInto("templates")
      .values({
        id,
        company,
        pattern,
        ecosystem,
        edit: canonicalJson(edit),
        source: template.source,
        learned_product: learnedFrom?.product ?? null,
        learned_commit: learnedFrom?.commit ?? null,
        learned_run: learnedFrom?.run ?? null,
        created_at: now,
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
    if (learnedFrom && template.source !== "person") {
      await addOutcome(trx, id, "worked", { company, product: learnedFrom.product, use: learnedFrom.run }, now);
    }
    return id;
  });
}

/**
 * The templates a company may use for a pattern, best first: those whose newest use did not fail, then by trust, then
 * the better tried, then the newer. With `shared`, also what those companies share, in its shared form.
 */
export async function templatesFor(
  swarm: Swarm,
  wanted: {
    readonly company: string;
    readonly pattern: string;
    readonly ecosystem: string;
    /** The companies that the constitution lets share with this one. */
    readonly shared?: readonly string[] | undefined;
  },
): Promise<Outcome<Template[]>> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("templates")
      .selectAll()
      .where("pattern", "=", wanted.pattern)
      .where("ecosystem", "=", wanted.ecosystem)
      .where("revoked_at", "is", null)
      .where((row) =>
        wanted.shared !== undefined && wanted.shared.length > 0
          ? row.or([
              row("company", "=", wanted.company),
              row.and([row("company", "in", [...wanted.shared]), row("shared_edit", "is not", null)]),
            ])
          : row("company", "=", wanted.company),
      )
      .execute();
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.id);
    const outcomes = await db
      .selectFrom("template_outcomes")
      .select(["template_id", "outcome", "at"])
      .where("template_id", "in", ids)
      .orderBy("seq")
      .execute();
    const now = swarm.clock.now();
    return rows
      .map((row) => {
        const own = outcomes.filter((outcome) => outcome.template_id === row.id);
        return templateOf(row, own, wanted.company, now);
      })
      .sort(
        (a, b) =>
          Number(a.demoted) - Number(b.demoted) ||
          b.trust - a.trust ||
          b.worked + b.failed - (a.worked + a.failed) ||
          b.createdAt - a.createdAt ||
          a.id.localeCompare(b.id),
      );
  });
}

/** How far a template is trusted now; undefined when it is unknown here or was revoked. */
export async function templateTrust(swarm: Swarm, id: string): Promise<Outcome<number | undefined>> {
  return await query(swarm, async (db) => {
    const row = await db
      .selectFrom("templates")
      .select("id")
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const outcomes = await db
      .selectFrom("template_outcomes")
      .select(["outcome", "at"])
      .where("template_id", "=", id)
      .execute();
    return trustOf(outcomes, swarm.clock.now());
  });
}

/** A template as its own company sees it, revoked ones too. */
export interface ListedTemplate extends Template {
  readonly company: string;
  readonly revoked?: { readonly at: number; readonly because: string };
}

/** All templates of the companies, in use first, then the most trusted; the given one alone with `id`. */
export async function listTemplates(
  swarm: Swarm,
  filter: { readonly companies: readonly string[]; readonly id?: string | undefined },
): Promise<Outcome<ListedTemplate[]>> {
  return await query(swarm, async (db) => {
    let rows = db
      .selectFrom("templates")
      .selectAll()
      .where("company", "in", [...filter.companies, ""]);
    if (filter.id !== undefined) rows = rows.where("id", "=", filter.id);
    const found = await rows.execute();
    const outcomes = await db
      .selectFrom("template_outcomes")
      .select(["template_id", "outcome", "at"])
      .orderBy("seq")
      .execute();
    const now = swarm.clock.now();
    return found
      .map((row): ListedTemplate => {
        const own = outcomes.filter((outcome) => outcome.template_id === row.id);
        const revoked =
          row.revoked_at === null ? {} : { revoked: { at: row.revoked_at, because: row.revoked_because ?? "" } };
        return { ...templateOf(row, own, row.company, now), company: row.company, ...revoked };
      })
      .sort(
        (a, b) =>
          Number(a.revoked !== undefined) - Number(b.revoked !== undefined) ||
          Number(a.demoted) - Number(b.demoted) ||
          b.trust - a.trust ||
          a.id.localeCompare(b.id),
      );
  });
}

/** Every commit that a template made, newest first, in the products of the companies. */
export async function commitsOfTemplate(
  swarm: Swarm,
  id: string,
  companies: readonly string[],
): Promise<
  Outcome<{ readonly product: string; readonly commit: string; readonly run: string; readonly at: number }[]>
> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("error_occurrences")
      .select(["product", "fix_commit", "fix_run", "fixed_at"])
      .distinct()
      .where("fix_template", "=", id)
      .where("company", "in", [...companies, ""])
      .orderBy("fixed_at", "desc")
      .execute();
    return rows.flatMap(({ product, fix_commit, fix_run, fixed_at }) =>
      fix_commit === null ? [] : [{ product, commit: fix_commit, run: fix_run ?? "", at: fixed_at ?? 0 }],
    );
  });
}

/** How one use went. With `use` (a run's id) the same use, reported again by a resumed run, counts once. */
export async function recordTemplateOutcome(
  swarm: Swarm,
  id: string,
  outcome: "worked" | "failed",
  by: { readonly company?: string; readonly product?: string | undefined; readonly use?: string } = {},
): Promise<Outcome<void>> {
  const recorded = await transact(swarm, async (trx) => {
    const template = await trx.selectFrom("templates").select("company").where("id", "=", id).executeTakeFirst();
    if (!template) return false;
    const now = swarm.clock.now();
    const company = by.company ?? template.company;
    await ensureCompany(trx, company, now);
    const use = by.use ?? randomBytes(8).toString("hex");
    await addOutcome(trx, id, outcome, { company, product: by.product, use }, now);
    return true;
  });
  if (!recorded.ok) return recorded;
  return recorded.value ? succeed(undefined) : fail(unknownTemplate(id));
}

/** Takes a template out of use for good, in every company. */
export async function revokeTemplate(swarm: Swarm, id: string, because: string): Promise<Outcome<void>> {
  const now = swarm.clock.now();
  return await change(swarm, id, { revoked_at: now, revoked_because: because });
}

/**
 * Offers a template to other companies. `sharedEdit` is what they get instead of the edit: the caller, whom the
 * constitution let do it, has taken out source literals and log text. Null takes the offer back.
 */
export async function shareTemplate(swarm: Swarm, id: string, sharedEdit: Json | null): Promise<Outcome<void>> {
  return await change(swarm, id, { shared_edit: sharedEdit === null ? null : canonicalJson(sharedEdit) });
}

async function change(swarm: Swarm, id: string, values: Partial<TemplatesTable>): Promise<Outcome<void>> {
  const changed = await query(swarm, (db) =>
    db.updateTable("templates").set(values).where("id", "=", id).executeTakeFirst(),
  );
  if (!changed.ok) return changed;
  return changed.value.numUpdatedRows === 0n ? fail(unknownTemplate(id)) : succeed(undefined);
}

async function addOutcome(
  db: Database,
  id: string,
  outcome: "worked" | "failed",
  by: { readonly company: string; readonly product: string | undefined; readonly use: string },
  now: number,
): Promise<void> {
  await db
    .insertInto("template_outcomes")
    .values((row) => ({
      template_id: id,
      use_id: by.use,
      company: by.company,
      product: by.product ?? null,
      outcome,
      at: now,
      seq: row
        .selectFrom("template_outcomes")
        .select((outer) => outer.fn.coalesce(outer(outer.fn.max<number>("seq"), "+", 1), outer.lit(1)).as("next"))
        .where("template_id", "=", id),
    }))
    .onConflict((conflict) => conflict.columns(["template_id", "use_id"]).doNothing())
    .execute();
}

function templateOf(row: TemplatesTable, outcomes: readonly TimedOutcome[], reader: string, now: number): Template {
  const own = row.company === reader;
  return {
    id: row.id,
    pattern: row.pattern,
    ecosystem: row.ecosystem,
    edit: decodeValue<Json>(own ? row.edit : row.shared_edit),
    source: row.source,
    ...(own && row.learned_product !== null && row.learned_commit !== null && row.learned_run !== null
      ? { learnedFrom: { product: row.learned_product, commit: row.learned_commit, run: row.learned_run } }
      : {}),
    shared: row.shared_edit !== null,
    createdAt: row.created_at,
    trust: trustOf(outcomes, now),
    worked: outcomes.filter(({ outcome }) => outcome === "worked").length,
    failed: outcomes.filter(({ outcome }) => outcome === "failed").length,
    demoted: outcomes.at(-1)?.outcome === "failed",
  };
}

function unknownTemplate(id: string) {
  return problem("config", "swarm.unknown_template", `there is no template ${id}`);
}
