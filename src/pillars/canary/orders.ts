import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { openRun } from "../../swarm/journal.ts";
import { handOver } from "../halves.ts";
import { type OpenCanary, type Order, openCanaries, STEP } from "./ladder.ts";
import { type CanaryReport, reportOf } from "./report.ts";
import { advanceCanary, requestOf } from "./start.ts";

/** The canary of an environment, or the only one there is. */
export async function canaryUnderWay(session: Session, environment: string | undefined): Promise<Outcome<OpenCanary>> {
  const open = await openCanaries(session, environment);
  if (!open.ok) return open;
  const [first, ...others] = open.value;
  const where = environment === undefined ? "" : ` in ${environment}`;
  if (first === undefined) {
    return fail(
      problem("config", "canary.none", `no canary of ${productOf(session).name} is under way${where}`, {
        next: "codemonkeys deploy begins one where SPEC.md has a canary ladder",
      }),
    );
  }
  if (others.length === 0) return succeed(first);
  const names = open.value.map(({ ladder }) => ladder.environment).sort();
  return fail(
    problem("config", "canary.which", `${names.length} canaries of ${productOf(session).name} are under way`, {
      next: `give --environment with one of: ${names.join(", ")}`,
    }),
  );
}

/**
 * Writes down what a person says about a canary, in the journal and the audit log, and goes on with it at once: an abort
 * moves the traffic back before the command ends. What moves traffic forward still asks the constitution.
 */
export async function orderCanary(
  session: Session,
  given: { readonly environment: string | undefined; readonly order: Order["order"]; readonly because: string },
): Promise<Outcome<CanaryReport>> {
  const { company, name } = productOf(session);
  const found = await canaryUnderWay(session, given.environment);
  if (!found.ok || session.dryRun) return found.ok ? await advanceCanary(session, found.value) : found;
  const away = session.half?.does === "work";
  if (away && !SAFE.includes(given.order)) return fail(notHere(given.order));
  const { ladder } = found.value;
  const run = await openRun(session.swarm, requestOf(session, ladder));
  if (!run.ok) return run;
  // Another process may have gone on between the first look and the lease.
  const fresh = await canaryUnderWay(session, ladder.environment);
  if (!fresh.ok) return fresh;
  const { climb } = fresh.value;
  const because = session.redactor.redact(given.because);
  const order = { order: given.order, rung: climb.rung, by: session.requester, because, at: session.clock.now() };
  const kept = await run.value.step(STEP.order(climb.orders.length + 1), async () => {
    const logged = await session.audit.append({
      company,
      product: name,
      run: run.value.id,
      requester: session.requester,
      kind: "canary.order",
      data: { order: order.order, rung: order.rung, because, environment: ladder.environment, version: ladder.version },
    });
    return logged.ok ? succeed(order) : logged;
  });
  const released = await run.value.release();
  if (!kept.ok) return kept;
  if (!released.ok) return released;
  return away ? await said(session, ladder.environment, given.because) : await advanceCanary(session, fresh.value);
}

/** What a product's build may say where the halves are apart: neither brings the new version more traffic. */
const SAFE: readonly Order["order"][] = ["hold", "abort"];

function notHere(order: Order["order"]) {
  return problem("policy", "canary.act_half", `canary ${order} is said where the keys are (zones: two)`, {
    next: `codemonkeys canary ${order} --half act, on a machine of the act half`,
  });
}

/** The order stands in the journal; the act half's job carries it out. */
async function said(session: Session, environment: string, why: string): Promise<Outcome<CanaryReport>> {
  const found = await canaryUnderWay(session, environment);
  if (!found.ok) return found;
  const { ladder, climb, run } = found.value;
  const state = climb.hold ? "held" : "climbing";
  const report = reportOf(session, ladder, { state, why, run: run.id, climb });
  return succeed({ ...report, handover: handOver(session, "deploy", run.id, [ladder.artifact.sha256]) });
}
