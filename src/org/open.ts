import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { openAudit } from "../constitution/audit.ts";
import { createGate } from "../constitution/gate.ts";
import type { ActionName } from "../core/action.ts";
import type { Clock } from "../core/clock.ts";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import type { Emit } from "../core/events.ts";
import type { Facts } from "../core/facts.ts";
import type { Redactor } from "../core/redact.ts";
import { homes } from "../core/state-home.ts";
import { standingOf } from "../pipeline/fleet.ts";
import type { OpenOrganisation, OpenProduct, Session, Workplace } from "../pipeline/session.ts";
import { openArtifacts } from "../swarm/artifacts.ts";
import { openSwarm, type Swarm } from "../swarm/open.ts";
import { upsertAccount, upsertProduct } from "../swarm/products.ts";
import { observedNote, observingBy } from "./observing.ts";
import { readOrganisation } from "./organisation.ts";
import { nearestSpec, openProduct } from "./product.ts";
import { productFacts } from "./product-facts.ts";
import { registerByName, registerConfig, registerFleet, registerUrlPassword } from "./secrets.ts";
import { readUserConfig, type UserConfig } from "./user-config.ts";

export interface OpenOptions {
  readonly needs: "nothing" | "organisation" | "either" | "product";
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly product: string | undefined;
  readonly dryRun: boolean;
  /** A person wants nothing to act, whatever the constitution's mode. */
  readonly observe: boolean;
  readonly emit: Emit;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What the step declared that it may ask for; with none it only reads. */
  readonly actions: readonly ActionName[];
}

export interface Opened {
  /** A whole Session unless the step needs nothing. */
  readonly session: Session | Workplace;
  /** Name of the product that was opened. */
  readonly product: string | undefined;
  /** What to tell at the end of a session that only observes. */
  readonly observed: Diagnostic | undefined;
  close(): Promise<void>;
}

/** Opens what a step needs: the organisation at its protected ref, the product, the database, the audit log, the gate. */
export async function openSession(options: OpenOptions): Promise<Outcome<Opened>> {
  const { environment, redactor, signal, clock } = options;
  registerByName(environment, redactor);
  const user = await readUserConfig(homes(environment), environment);
  if (!user.ok) return user;
  if (user.value.databaseUrl) registerUrlPassword(user.value.databaseUrl, redactor);
  const workplace: Workplace = {
    cwd: resolve(options.cwd),
    emit: options.emit,
    redactor,
    clock,
    homes: user.value.homes,
    signal,
    dryRun: options.dryRun,
    requester: requesterOf(environment),
    trigger: triggerOf(environment),
    environment,
  };
  if (options.needs === "nothing")
    return succeed({ session: workplace, product: undefined, observed: undefined, close: async () => {} });
  const found = await readOrganisation(user.value, {
    redactor,
    signal,
    acts: options.actions.length > 0 && !options.dryRun,
  });
  if (!found.ok) return found;
  const { organisation, configLayer } = found.value;
  registerFleet(organisation.fleet.value, environment, redactor);
  let product: OpenProduct | undefined;
  const warnings: Diagnostic[] = [...found.warnings];
  if (options.needs === "product" || (options.needs === "either" && (options.product || nearestSpec(workplace.cwd)))) {
    const opened = await openProduct({
      cwd: workplace.cwd,
      name: options.product,
      fleet: organisation.fleet,
      organisationConfig: configLayer,
      user: user.value,
      redactor,
      signal,
    });
    if (!opened.ok) return opened;
    product = opened.value;
    registerConfig(product.config, environment, redactor);
    warnings.push(...opened.warnings);
  }
  return openState(workplace, user.value, organisation, product, options, warnings);
}

async function openState(
  workplace: Workplace,
  user: UserConfig,
  organisation: OpenOrganisation,
  product: OpenProduct | undefined,
  options: OpenOptions,
  warnings: readonly Diagnostic[],
): Promise<Outcome<Opened>> {
  const { clock, redactor, emit } = workplace;
  const stateDir = user.homes.state;
  const swarm = await openSwarm({ stateDir, clock, ...(user.databaseUrl ? { url: user.databaseUrl } : {}) });
  if (!swarm.ok) return swarm;
  const close = () => swarm.value.close();
  const audit = await openAudit({ dir: join(stateDir, "audit"), clock, redactor, swarm: swarm.value });
  if (!audit.ok) {
    await close();
    return audit;
  }
  const known = product ? await recordProduct(swarm.value, product, organisation) : succeed({});
  if (!known.ok) {
    await close();
    return known;
  }
  const { constitution } = organisation;
  const observing =
    options.dryRun || options.actions.length === 0
      ? undefined
      : observingBy(constitution, workplace.environment, options.observe);
  const gate = createGate({
    constitution,
    organisationCommit: organisation.commit,
    swarm: swarm.value,
    audit: audit.value,
    clock,
    redactor,
    emit,
    requester: workplace.requester,
    trigger: workplace.trigger,
    actions: options.actions,
    mode: options.dryRun ? "plan" : observing ? "observe" : "act",
    ...(product ? { product: { name: product.name, company: product.company }, facts: known.value } : {}),
  });
  const session: Session = {
    ...workplace,
    dryRun: workplace.dryRun || observing !== undefined,
    ...(observing ? { observing } : {}),
    organisation,
    product,
    swarm: swarm.value,
    artifacts: openArtifacts(join(stateDir, "artifacts")),
    audit: audit.value,
    gate,
  };
  const observed = observing ? observedNote(observing, constitution) : undefined;
  return succeed({ session, product: product?.name, observed, close }, warnings);
}

/** Brings the product's row, its company and its accounts in line with the fleet file; answers the facts of it. */
async function recordProduct(
  swarm: Swarm,
  product: OpenProduct,
  organisation: OpenOrganisation,
): Promise<Outcome<Facts>> {
  const { tier, priority } = standingOf(product.spec, organisation.fleet);
  const { company, name, repository } = product;
  const written = await upsertProduct(swarm, { company, name, repository, tier, priority });
  if (!written.ok) return written;
  const { accounts } = organisation.fleet.value.companies[company] ?? { accounts: {} };
  for (const [service, account] of Object.entries(accounts)) {
    const token = account.token_env === undefined ? { secret: account.secret ?? "" } : { env: account.token_env };
    const stored = await upsertAccount(swarm, { company, service, token });
    if (!stored.ok) return stored;
  }
  return productFacts(swarm, product, organisation);
}

/** Who asks: the person whom Jenkins or the host names, else the account of this machine. */
function requesterOf(environment: OpenOptions["environment"]): string {
  return environment.CODEMONKEYS_REQUESTER ?? environment.BUILD_USER_ID ?? userInfo().username;
}

function triggerOf(environment: OpenOptions["environment"]): Workplace["trigger"] {
  const said = environment.CODEMONKEYS_TRIGGER;
  if (said === "person" || said === "ci" || said === "cron" || said === "webhook" || said === "rollout") return said;
  return environment.JENKINS_URL || environment.GITHUB_ACTIONS ? "ci" : "person";
}
