import * as z from "zod";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { type FleetProduct, productEntry } from "../pipeline/fleet.ts";
import type { Session } from "../pipeline/session.ts";
import { listApprovals } from "../swarm/approvals.ts";
import { listBuilds } from "../swarm/builds.ts";
import { listMessages } from "../swarm/outbox.ts";
import { type PauseScope, pausesInForce } from "../swarm/pauses.ts";
import { getProduct } from "../swarm/products.ts";
import { listRuns } from "../swarm/runs.ts";
import { observingBy } from "./observing.ts";

export const statusSchema = z.object({
  mode: z.enum(["act", "observe"]).describe("observe: gates log what would have been done, and nothing acts"),
  organisation: z.object({ commit: z.string(), companies: z.int(), products: z.int(), servers: z.int() }),
  products: z.array(
    z.object({
      name: z.string(),
      company: z.string(),
      tier: z.int().optional(),
      priority: z.string().optional(),
      lifecycle: z.string().describe("`unseen` until the program has worked on the product for the first time"),
      build: z
        .object({ id: z.string(), state: z.string(), commit: z.string().optional(), at: z.iso.datetime() })
        .optional(),
      fail_count: z.int().describe("failed builds in a row"),
      released: z.object({ version: z.string(), at: z.iso.datetime() }).optional(),
      healed: z.int().describe("heals that ended well"),
      setup_required: z.boolean(),
      paused: z.string().optional(),
    }),
  ),
  waiting: z.array(z.object({ run: z.string(), title: z.string(), for: z.string(), detail: z.string() })),
  unfinished: z.array(z.object({ run: z.string(), title: z.string(), kind: z.string() })),
  approvals: z.array(
    z.object({ id: z.string(), action: z.string(), product: z.string().optional(), group: z.string() }),
  ),
  dead_letters: z.int(),
  database: z.enum(["sqlite", "postgres"]),
});
export type Status = z.infer<typeof statusSchema>;

/** How the fleet stands: every product of the fleet file, what waits for somebody, and what was given up. */
export async function readStatus(session: Session): Promise<Outcome<Status>> {
  const { swarm, organisation } = session;
  const fleet = organisation.fleet.value;
  const products: Status["products"] = [];
  for (const name of Object.keys(fleet.products).sort()) {
    const one = await productStatus(session, name, productEntry(fleet, name) as FleetProduct);
    if (!one.ok) return one;
    products.push(one.value);
  }
  const waiting = await listRuns(swarm, { status: "waiting" });
  if (!waiting.ok) return waiting;
  const running = await listRuns(swarm, { status: "running" });
  if (!running.ok) return running;
  const approvals = await listApprovals(swarm, { state: "open" });
  if (!approvals.ok) return approvals;
  const dead = await listMessages(swarm, { state: "dead" });
  if (!dead.ok) return dead;
  const observing = observingBy(organisation.constitution, session.environment, false);
  return succeed({
    mode: observing ? "observe" : "act",
    organisation: {
      commit: organisation.commit,
      companies: Object.keys(fleet.companies).length,
      products: products.length,
      servers: Object.keys(fleet.servers).length,
    },
    products,
    waiting: waiting.value.map(({ id, title, wait }) => ({
      run: id,
      title,
      for: wait?.for ?? "somebody",
      detail: wait?.detail ?? "",
    })),
    unfinished: running.value.map(({ id, title, kind }) => ({ run: id, title, kind })),
    approvals: approvals.value.map(({ id, action, product, group }) => ({
      id,
      action,
      ...(product ? { product } : {}),
      group,
    })),
    dead_letters: dead.value.length,
    database: swarm.kind,
  });
}

async function productStatus(
  session: Session,
  name: string,
  entry: FleetProduct,
): Promise<Outcome<Status["products"][number]>> {
  const { swarm } = session;
  const { company } = entry;
  const of = { company, product: name };
  const row = await getProduct(swarm, company, name);
  if (!row.ok) return row;
  const builds = await listBuilds(swarm, { ...of, finished: true, limit: 20 });
  if (!builds.ok) return builds;
  const releases = await listRuns(swarm, { ...of, kind: "release", status: "succeeded", limit: 1 });
  if (!releases.ok) return releases;
  const heals = await listRuns(swarm, { ...of, kind: "heal", status: "succeeded" });
  if (!heals.ok) return heals;
  const pauses = await pausesInForce(swarm, of);
  if (!pauses.ok) return pauses;
  const build = builds.value.find(({ parameters }) => parameters.stage === undefined) ?? builds.value[0];
  const release = releases.value[0];
  const pause = pauses.value[0];
  return succeed({
    name,
    company,
    ...(row.value ? { tier: row.value.tier, priority: row.value.priority } : {}),
    lifecycle: row.value?.lifecycle ?? "unseen",
    ...(build
      ? {
          build: {
            id: build.id,
            state: build.state,
            ...(build.commit ? { commit: build.commit } : {}),
            at: iso(build.finishedAt ?? build.createdAt),
          },
        }
      : {}),
    fail_count: row.value?.failCount ?? 0,
    ...(release
      ? {
          released: {
            version: release.key.split("@").at(-1) ?? release.key,
            at: iso(release.finishedAt ?? release.updatedAt),
          },
        }
      : {}),
    healed: heals.value.length,
    setup_required: row.value?.setupRequired ?? false,
    ...(pause ? { paused: `${scopeName(pause.of)}: ${pause.reason}` } : {}),
  });
}

function scopeName(of: PauseScope): string {
  return of.scope === "fleet" ? "the fleet" : of.scope === "company" ? of.company : of.product;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The status as lines for a person. */
export function statusLines(status: Status): string[] {
  const rows = status.products.map((one) => [
    one.name,
    one.company,
    one.build ? `${one.build.state}${one.build.commit ? ` ${one.build.commit.slice(0, 7)}` : ""}` : "never built",
    one.released ? one.released.version : "-",
    one.healed > 0 ? String(one.healed) : "-",
    [
      one.paused ? `paused (${one.paused})` : "",
      one.setup_required ? "setup required" : "",
      one.fail_count > 1 ? `${one.fail_count} failures in a row` : "",
    ]
      .filter(Boolean)
      .join(", "),
  ]);
  const lines = [...table(["product", "company", "last build", "released", "healed", ""], rows)];
  for (const { run, title, for: what, detail } of status.waiting)
    lines.push(`● ${title} [${run}] waits for ${what}: ${detail}`);
  for (const { run, title } of status.unfinished)
    lines.push(`● ${title} [${run}] is under way, or stopped: the same command goes on with it`);
  for (const { id, action, product, group } of status.approvals) {
    lines.push(`● ${action}${product ? ` of ${product}` : ""} waits for ${group}: codemonkeys approve ${id}`);
  }
  if (status.dead_letters > 0) lines.push(`✗ ${status.dead_letters} messages could not be delivered`);
  if (status.mode === "observe") lines.push("● observe mode: gates log what would have been done, and nothing acts");
  const { companies, products, servers, commit } = status.organisation;
  lines.push(
    "",
    `${products} products of ${companies} ${companies === 1 ? "company" : "companies"}, ${servers} servers; organisation at ${commit.slice(0, 7)}; Swarm DB on ${status.database === "sqlite" ? "SQLite" : "PostgreSQL"}`,
  );
  return lines;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)];
}
