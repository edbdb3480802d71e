import { type Diagnostic, succeed } from "../core/diagnostic.ts";
import type { PatternStory } from "../pillars/heal/explain/index.ts";
import type { LogReport } from "../pillars/heal/read/index.ts";
import type { Workplace } from "../pipeline/session.ts";
import { openSwarm, type Swarm } from "../swarm/open.ts";
import { patternHistory } from "../swarm/patterns.ts";
import { listCompanies } from "../swarm/products.ts";
import { templateTrust } from "../swarm/templates.ts";
import { readUserConfig } from "./user-config.ts";

export interface OpenedStories {
  /** By `pattern`; empty where no organisation is configured. */
  readonly stories: ReadonlyMap<string, PatternStory>;
  readonly warnings: readonly Diagnostic[];
}

/**
 * What the Swarm DB knows of a log's failures, for a reader who may see all companies of this machine's database. A
 * database that cannot be read takes nothing from the explanation itself; it is told as a warning.
 */
export async function openStories(workplace: Workplace, report: LogReport): Promise<OpenedStories> {
  const nothing = (warnings: readonly Diagnostic[]) => ({
    stories: new Map<string, PatternStory>(),
    warnings: warnings.map((one) => ({ ...one, severity: "warning" as const })),
  });
  const user = await readUserConfig(workplace.homes, workplace.environment);
  if (!user.ok) return nothing(user.diagnostics);
  if (!user.value.organisation) return nothing([]);
  const { databaseUrl, homes } = user.value;
  const swarm = await openSwarm({
    stateDir: homes.state,
    clock: workplace.clock,
    ...(databaseUrl ? { url: databaseUrl } : {}),
  });
  if (!swarm.ok) return nothing(swarm.diagnostics);
  try {
    const patterns = [...new Set(report.failures.map(({ pattern }) => pattern))];
    const found = await storiesOf(swarm.value, patterns);
    return found.ok ? { stories: found.value, warnings: [] } : nothing(found.diagnostics);
  } finally {
    await swarm.value.close();
  }
}

async function storiesOf(swarm: Swarm, patterns: readonly string[]) {
  const companies = await listCompanies(swarm);
  if (!companies.ok) return companies;
  const stories = new Map<string, PatternStory>();
  for (const pattern of patterns) {
    const merged = { seen: 0, products: 0, fixed: 0, firstSeen: Number.POSITIVE_INFINITY };
    let lastTemplate: string | undefined;
    for (const company of companies.value) {
      const history = await patternHistory(swarm, { company, pattern });
      if (!history.ok) return history;
      merged.seen += history.value.seen;
      merged.products += history.value.products;
      merged.fixed += history.value.fixed;
      lastTemplate = history.value.lastTemplate ?? lastTemplate;
      merged.firstSeen = Math.min(merged.firstSeen, history.value.firstSeen ?? Number.POSITIVE_INFINITY);
    }
    if (merged.seen === 0) continue;
    const trust = lastTemplate === undefined ? succeed(undefined) : await templateTrust(swarm, lastTemplate);
    if (!trust.ok) return trust;
    const lastFix =
      lastTemplate === undefined || trust.value === undefined
        ? {}
        : { lastFix: { template: lastTemplate, trust: trust.value } };
    stories.set(pattern, { ...merged, ...lastFix });
  }
  return succeed(stories);
}
