import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Database, Swarm } from "./open.ts";
import type { ApprovalMode, Lifecycle, Priority } from "./states.ts";
import type { ProductsTable } from "./tables/fleet.ts";
import { ensureCompany, query, transact } from "./transact.ts";

/** Where a company's token for a service is found; never the token itself. */
export interface Account {
  readonly company: string;
  readonly service: string;
  readonly token: { readonly env: string } | { readonly secret: string };
}

export interface Product {
  readonly company: string;
  readonly name: string;
  readonly repository: string;
  readonly githubRepoId: number | undefined;
  /** 0 is the most critical. */
  readonly tier: number;
  readonly priority: Priority;
  readonly lifecycle: Lifecycle;
  readonly approvalMode: ApprovalMode;
  /** Failed builds in a row. */
  readonly failCount: number;
  readonly setupRequired: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What the fleet's files and hosts say of a product; what is left out keeps its value, or gets its default when new. */
export type ProductChange = Pick<Product, "company" | "name" | "repository"> &
  Partial<Pick<Product, "githubRepoId" | "tier" | "priority" | "lifecycle" | "approvalMode" | "setupRequired">>;

export async function upsertCompany(swarm: Swarm, name: string): Promise<Outcome<void>> {
  return await query(swarm, (db) => ensureCompany(db, name, swarm.clock.now()));
}

export async function listCompanies(swarm: Swarm): Promise<Outcome<string[]>> {
  return await query(swarm, async (db) => {
    const rows = await db.selectFrom("companies").select("name").orderBy("name").execute();
    return rows.map((row) => row.name);
  });
}

export async function upsertAccount(swarm: Swarm, account: Account): Promise<Outcome<void>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, account.company, now);
    const values = {
      token_kind: "env" in account.token ? ("env" as const) : ("secret" as const),
      token_reference: "env" in account.token ? account.token.env : account.token.secret,
      updated_at: now,
    };
    await trx
      .insertInto("accounts")
      .values({ company: account.company, service: account.service, ...values })
      .onConflict((conflict) => conflict.columns(["company", "service"]).doUpdateSet(values))
      .execute();
  });
}

export async function listAccounts(swarm: Swarm, company: string): Promise<Outcome<Account[]>> {
  return await query(swarm, async (db) => {
    const rows = await db
      .selectFrom("accounts")
      .selectAll()
      .where("company", "=", company)
      .orderBy("service")
      .execute();
    return rows.map((row) => ({
      company: row.company,
      service: row.service,
      token: row.token_kind === "env" ? { env: row.token_reference } : { secret: row.token_reference },
    }));
  });
}

/**
 * Adds a product, or brings what is known of it up to date. A product whose repository was renamed or moved on GitHub is
 * known again by its repository id and keeps its row.
 */
export async function upsertProduct(swarm: Swarm, change: ProductChange): Promise<Outcome<Product>> {
  return await transact(swarm, async (trx) => {
    const now = swarm.clock.now();
    await ensureCompany(trx, change.company, now);
    if (change.githubRepoId !== undefined) await followRepository(trx, change, change.githubRepoId, now);
    const given = {
      repository: change.repository,
      ...(change.githubRepoId === undefined ? {} : { github_repo_id: change.githubRepoId }),
      ...(change.tier === undefined ? {} : { tier: change.tier }),
      ...(change.priority === undefined ? {} : { priority: change.priority }),
      ...(change.lifecycle === undefined ? {} : { lifecycle: change.lifecycle }),
      ...(change.approvalMode === undefined ? {} : { approval_mode: change.approvalMode }),
      ...(change.setupRequired === undefined ? {} : { setup_required: Number(change.setupRequired) }),
      updated_at: now,
    };
    const row = await trx
      .insertInto("products")
      .values({
        company: change.company,
        name: change.name,
        tier: 2,
        priority: "medium",
        lifecycle: "discovered",
        approval_mode: "checkpoints",
        fail_count: 0,
        setup_required: 0,
        created_at: now,
        ...given,
      })
      .onConflict((conflict) => conflict.columns(["company", "name"]).doUpdateSet(given))
      .returningAll()
      .executeTakeFirstOrThrow();
    return productOf(row);
  });
}

/** Moves the row that knows the repository to its new name; where that name is taken, the old row counts as missing. */
async function followRepository(
  db: Database,
  to: Pick<Product, "company" | "name">,
  githubRepoId: number,
  now: number,
): Promise<void> {
  const known = await db
    .selectFrom("products")
    .select(["company", "name"])
    .where("github_repo_id", "=", githubRepoId)
    .executeTakeFirst();
  if (!known || (known.company === to.company && known.name === to.name)) return;
  const taken = await db
    .selectFrom("products")
    .select("name")
    .where("company", "=", to.company)
    .where("name", "=", to.name)
    .executeTakeFirst();
  await db
    .updateTable("products")
    .set(
      taken
        ? { github_repo_id: null, lifecycle: "missing", updated_at: now }
        : { company: to.company, name: to.name, updated_at: now },
    )
    .where("github_repo_id", "=", githubRepoId)
    .execute();
}

export async function getProduct(swarm: Swarm, company: string, name: string): Promise<Outcome<Product | undefined>> {
  return await query(swarm, async (db) => {
    const row = await db
      .selectFrom("products")
      .selectAll()
      .where("company", "=", company)
      .where("name", "=", name)
      .executeTakeFirst();
    return row && productOf(row);
  });
}

export async function listProducts(
  swarm: Swarm,
  filter: { readonly company?: string; readonly lifecycle?: Lifecycle } = {},
): Promise<Outcome<Product[]>> {
  return await query(swarm, async (db) => {
    let rows = db.selectFrom("products").selectAll();
    if (filter.company !== undefined) rows = rows.where("company", "=", filter.company);
    if (filter.lifecycle !== undefined) rows = rows.where("lifecycle", "=", filter.lifecycle);
    return (await rows.orderBy("company").orderBy("name").execute()).map(productOf);
  });
}

/** Counts failed builds in a row: a failure adds one, a pass begins anew. Answers the new count. */
export async function countBuild(
  swarm: Swarm,
  of: { readonly company: string; readonly product: string; readonly passed: boolean },
): Promise<Outcome<number>> {
  const counted = await query(swarm, (db) =>
    db
      .updateTable("products")
      .set((row) => ({
        fail_count: of.passed ? 0 : row("fail_count", "+", 1),
        updated_at: swarm.clock.now(),
      }))
      .where("company", "=", of.company)
      .where("name", "=", of.product)
      .returning("fail_count")
      .executeTakeFirst(),
  );
  if (!counted.ok) return counted;
  if (counted.value) return succeed(counted.value.fail_count);
  return fail(
    problem("config", "swarm.unknown_product", `${of.company} has no product ${of.product} in the Swarm database`, {
      next: "add it to fleet.yaml",
    }),
  );
}

function productOf(row: ProductsTable): Product {
  return {
    company: row.company,
    name: row.name,
    repository: row.repository,
    githubRepoId: row.github_repo_id ?? undefined,
    tier: row.tier,
    priority: row.priority,
    lifecycle: row.lifecycle,
    approvalMode: row.approval_mode,
    failCount: row.fail_count,
    setupRequired: row.setup_required === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
