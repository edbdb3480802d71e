import { join } from "node:path";
import { openAudit } from "../constitution/audit.ts";
import type { Constitution } from "../constitution/constitution.ts";
import { createGate } from "../constitution/gate.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import { standingOf } from "../pipeline/fleet.ts";
import type { Half, OpenOrganisation, OpenProduct, Session, Workplace } from "../pipeline/session.ts";
import { openArtifacts } from "../swarm/artifacts.ts";
import { readRun } from "../swarm/journal.ts";
import { claimForMachine, thisMachine } from "../swarm/machine.ts";
import { openSwarm, type Swarm } from "../swarm/open.ts";
import { upsertAccount, upsertProduct } from "../swarm/products.ts";
import { answerSigners } from "./answer-signers.ts";
import { companyEnvironment } from "./company-environment.ts";
import { halfOf } from "./half.ts";
import { observedNote, observingBy } from "./observing.ts";
import type { Opened, OpenOptions } from "./opened.ts";
import { readOrganisation } from "./organisation.ts";
import { nearestSpec, openProduct } from "./product.ts";
import { productFacts } from "./product-facts.ts";
import { registerConfig, registerFleet } from "./secrets.ts";
import type { UserConfig } from "./user-config.ts";

/** The part of a session that has an organisation: its policy, the product, the database, the audit log, the gate. */
export async function openOrganisation(
  workplace: Workplace,
  user: UserConfig,
  options: OpenOptions,
): Promise<Outcome<Opened>> {
  const { environment, redactor, signal } = options;
  const found = await readOrganisation(user, {
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
      user,
      environment,
      catchUp: options.half?.half === "act" && options.actions.length > 0,
      redactor,
      signal,
    });
    if (!opened.ok) return opened;
    product = opened.value;
    registerConfig(product.config, environment, redactor);
    warnings.push(...opened.warnings);
  }
  const inCompany = product
    ? companyEnvironment(environment, organisation.fleet.value, product.company)
    : workplace.environment;
  return openState({ ...workplace, environment: inCompany }, user, organisation, product, options, warnings);
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
  const { constitution } = organisation;
  const observing =
    options.dryRun || options.actions.length === 0
      ? undefined
      : observingBy(constitution, workplace.environment, options.observe);
  if (options.actions.length > 0 && !options.dryRun && !observing) {
    const claimed = await claimForMachine(swarm.value, thisMachine(workplace.environment));
    if (!claimed.ok) {
      await close();
      return claimed;
    }
  }
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
  const half = await openHalf(workplace, constitution, swarm.value, options);
  if (!half.ok) {
    await close();
    return half;
  }
  const { requester } = half.value;
  const gate = createGate({
    constitution,
    organisationCommit: organisation.commit,
    swarm: swarm.value,
    audit: audit.value,
    clock,
    redactor,
    emit,
    requester,
    half: half.value.half?.does,
    signers: answerSigners(organisation, { redactor, signal: workplace.signal }),
    trigger: workplace.trigger,
    actions: options.actions,
    mode: options.dryRun ? "plan" : observing ? "observe" : "act",
    ...(product ? { product: { name: product.name, company: product.company }, facts: known.value } : {}),
  });
  const session: Session = {
    ...workplace,
    requester,
    ...(half.value.half ? { half: half.value.half } : {}),
    dryRun: workplace.dryRun || observing !== undefined,
    ...(observing ? { observing } : {}),
    organisation,
    product,
    swarm: swarm.value,
    artifacts: openArtifacts(user.artifacts ?? join(stateDir, "artifacts")),
    audit: audit.value,
    gate,
  };
  const observed = observing ? observedNote(observing, constitution) : undefined;
  return succeed({ session, product: product?.name, observed, close }, warnings);
}

/** The half that is done, and for whom: the act half acts for whoever asked for the work. */
async function openHalf(
  { environment, requester }: Workplace,
  constitution: Constitution,
  swarm: Swarm,
  options: OpenOptions,
): Promise<Outcome<{ readonly half: Half | undefined; readonly requester: string }>> {
  if (options.actions.length === 0) return succeed({ half: undefined, requester });
  const half = halfOf(constitution, environment, options.half ?? {});
  if (!half.ok) return half;
  if (half.value?.does !== "act" || half.value.run === undefined) return succeed({ half: half.value, requester });
  const taken = await readRun(swarm, half.value.run);
  if (taken.ok) return succeed({ half: half.value, requester: taken.value.run.requester });
  return fail(
    ...taken.diagnostics,
    problem("config", "half.unknown_run", `the act half finds no run ${half.value.run}`, {
      severity: "note",
      next: "both halves need the same database and the same artefact folder (docs/jenkins/zones.md)",
    }),
  );
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
