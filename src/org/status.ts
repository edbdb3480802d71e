import { type Outcome, succeed } from "../core/diagnostic.ts";
import type { FleetProduct } from "../pipeline/fleet.ts";
import type { Overview } from "../pipeline/session.ts";
import { readStanding, type Standing } from "../swarm/standing.ts";
import { observingBy } from "./observing.ts";
import type { Status } from "./status-schema.ts";

/** How the fleet stands: every product of the fleet file, what waits for somebody, and what was given up. */
export async function readStatus(session: Overview): Promise<Outcome<Status>> {
  const { organisation, environment, state } = session;
  const { fleet, mode, commit } = organisation;
  const read = await readStanding(state);
  if (!read.ok) return read;
  const standing = read.value;
  const names = Object.keys(fleet.products).sort();
  const waiting = standing.unfinished.filter(({ status }) => status === "waiting");
  const running = standing.unfinished.filter(({ status }) => status === "running");
  return succeed({
    mode: observingBy({ document: { mode } }, environment, false) ? "observe" : "act",
    organisation: {
      commit,
      companies: Object.keys(fleet.companies).length,
      products: names.length,
      servers: Object.keys(fleet.servers).length,
    },
    products: names.map((name) => productStatus(standing, name, fleet.products[name] as FleetProduct)),
    waiting: waiting.map(({ id, title, waiting_for, waiting_detail }) => ({
      run: id,
      title,
      for: waiting_for ?? "somebody",
      detail: waiting_detail ?? "",
    })),
    unfinished: running.map(({ id, title, kind }) => ({ run: id, title, kind })),
    taken_back: standing.takenBack.map(({ id, title, evidence }) => ({ run: id, title, why: whyOf(evidence) })),
    approvals: standing.approvals.map(({ id, action, product, group_name }) => ({
      id,
      action,
      ...(product ? { product } : {}),
      group: group_name,
    })),
    dead_letters: standing.deadLetters,
    ...(standing.deadLetterError === undefined ? {} : { dead_letter_error: standing.deadLetterError }),
    database: state.kind,
  });
}

function productStatus(standing: Standing, name: string, { company }: FleetProduct): Status["products"][number] {
  const isOf = (row: { readonly company: string | null; readonly product: string | null }) =>
    row.company === company && row.product === name;
  const row = standing.products.find((one) => one.company === company && one.name === name);
  const builds = standing.builds.filter(isOf);
  const build = builds.find(({ parameters }) => !("stage" in JSON.parse(parameters))) ?? builds[0];
  const release = standing.releases.find(isOf);
  const pause = [
    standing.pauses.find(({ scope }) => scope === "fleet"),
    standing.pauses.find((one) => one.scope === "company" && one.company === company),
    standing.pauses.find((one) => one.scope === "product" && isOf(one)),
  ].find((one) => one !== undefined);
  return {
    name,
    company,
    ...(row ? { tier: row.tier, priority: row.priority } : {}),
    lifecycle: row?.lifecycle ?? "unseen",
    ...(build
      ? {
          build: {
            id: build.id,
            state: build.state,
            ...(build.commit_id ? { commit: build.commit_id } : {}),
            at: iso(build.finished_at ?? build.created_at),
          },
        }
      : {}),
    fail_count: row?.fail_count ?? 0,
    ...(release
      ? {
          released: {
            version: release.key.split("@").at(-1) ?? release.key,
            at: iso(release.finished_at ?? release.updated_at),
          },
        }
      : {}),
    healed: standing.heals.find(isOf)?.heals ?? 0,
    setup_required: row?.setup_required === 1,
    ...(pause ? { paused: `${pause.scope === "fleet" ? "the fleet" : pause[pause.scope]}: ${pause.reason}` } : {}),
  };
}

/** The reason that a canary's run kept of its end. */
function whyOf(evidence: string | null): string {
  const { why } = JSON.parse(evidence ?? "{}") as { readonly why?: string };
  return why ?? "nobody noted why";
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
  for (const { run, title, why } of status.taken_back) lines.push(`✗ ${title} [${run}] was taken back: ${why}`);
  for (const { id, action, product, group } of status.approvals) {
    lines.push(`● ${action}${product ? ` of ${product}` : ""} waits for ${group}: codemonkeys approve ${id}`);
  }
  if (status.dead_letters > 0) {
    const why = status.dead_letter_error === undefined ? "" : ` (${status.dead_letter_error})`;
    lines.push(
      `✗ ${status.dead_letters} ${status.dead_letters === 1 ? "alert" : "alerts"} could not be delivered${why}: codemonkeys alerts --retry in the product`,
    );
  }
  if (status.mode === "observe") lines.push("● observe mode: gates log what would have been done, and nothing acts");
  const { companies, products, servers, commit } = status.organisation;
  lines.push(
    "",
    `${products} ${products === 1 ? "product" : "products"} of ${companies} ${companies === 1 ? "company" : "companies"}, ${servers} ${servers === 1 ? "server" : "servers"}; organisation at ${commit.slice(0, 7)}; Swarm DB on ${status.database === "sqlite" ? "SQLite" : "PostgreSQL"}`,
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
