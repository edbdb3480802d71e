import { approvalAsked } from "../../constitution/gate.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository } from "../../pipeline/session-git.ts";
import { openRun, type Run, type RunRecord, readRun } from "../../swarm/journal.ts";
import { type Approval, actingFor, waitForPeople } from "../acting.ts";
import { roundsIn } from "../heal/rounds.ts";
import { remoteCredentials } from "../remote-credentials.ts";

import { undoHeal } from "./heal.ts";
import { undoRelease } from "./release.ts";
import { plainEffect, type UndoEffect, type UndoResult } from "./report.ts";
import type { Undoing } from "./undoing.ts";

const UNDOERS: Readonly<Record<string, (undoing: Undoing) => Promise<Outcome<UndoEffect[]>>>> = {
  heal: undoHeal,
  release: undoRelease,
  publish: undoRelease,
};

/**
 * Undoes what can be undone of a run of this product, each effect under a permit of its own, and says of everything else
 * why it stays. A journal run of the kind `undo` and the undone run's id: a killed one goes on, and what is undone
 * already, by whomever, is found and left alone. An unfinished run is given up first, so that it cannot go on meanwhile.
 */
export async function undoRun(session: Session, id: string): Promise<Outcome<UndoResult>> {
  const product = productOf(session);
  const read = await readRun(session.swarm, id);
  if (!read.ok) return read;
  const { run: target, steps } = read.value;
  const undo = Object.hasOwn(UNDOERS, target.kind) ? UNDOERS[target.kind] : undefined;
  const refusal = refuse(session, target, undo !== undefined);
  if (refusal || !undo) return fail(refusal as Diagnostic);
  const git = await productRepository(session);
  if (!git.ok) return git;
  const gate = session.gate.bound({ pillar: "undo", attempt: 1, trigger: session.trigger });
  const credentials = await remoteCredentials(session, git.value, "undo");
  if (!credentials.ok) return credentials;
  const shared = { session, git: git.value, credentials: credentials.value, target, steps, gate };
  const undone = { run: target.id, kind: target.kind, title: target.title };
  const unfinished = target.status === "running" || target.status === "waiting";
  // A heal that has pushed and only waits for CI did not stop half way: there is nothing to tell about its end.
  const landed = roundsIn(steps).length > 0;
  if (session.dryRun) {
    const effects = await undo({ ...shared, acting: undefined });
    if (!effects.ok) return effects;
    const first = unfinished && !landed ? [plainEffect(giving(target), "planned", "it stopped half way")] : [];
    return succeed({ run: null, undone, effects: [...first, ...effects.value] });
  }
  const givenUp = unfinished ? await giveUp(session, target) : succeed([]);
  if (!givenUp.ok) return givenUp;
  const opened = await openRun(session.swarm, {
    kind: "undo",
    key: target.id,
    company: product.company,
    product: product.name,
    title: `undo ${target.title}`,
    requester: session.requester,
    trigger: session.trigger,
  });
  if (!opened.ok) return opened;
  const run = opened.value;
  session.emit({ type: "run.started", run: run.id, title: `undo ${target.title}` });
  const acting = actingFor(session, run, "undo", {});
  const effects = await task(
    session.emit,
    "undo",
    `undo ${target.id}: ${target.title}`,
    () => undo({ ...shared, acting }),
    (done) => (done.ok ? {} : { state: acting.asked ? "held" : "failed" }),
  );
  if (!effects.ok) {
    await run.release();
    return effects;
  }
  const { asked } = acting;
  const result: UndoResult = {
    run: run.id,
    undone,
    effects: [...(landed ? [] : givenUp.value), ...effects.value],
    ...(asked ? { approval: approvalAsked(asked) } : {}),
  };
  const ended = await end(run, asked, result);
  return ended.ok ? succeed(result) : ended;
}

/** Ends the run, or lets it wait for the people who were asked. */
async function end(run: Run, asked: Approval | undefined, { effects, undone }: UndoResult): Promise<Outcome<void>> {
  if (asked) return await waitForPeople(run, asked);
  const refused = effects.some(({ state }) => state === "refused");
  return await run.finish(refused ? "failed" : "succeeded", { undone: undone.run, effects });
}

function refuse(session: Session, target: RunRecord, known: boolean): Diagnostic | undefined {
  const product = productOf(session);
  if (target.product !== product.name || target.company !== product.company) {
    return problem("config", "undo.other_product", `${target.id} (${target.title}) is no run of ${product.name}`, {
      next: target.product
        ? `codemonkeys undo ${target.id} --product ${target.product}`
        : "codemonkeys status lists runs",
    });
  }
  if (known) return undefined;
  const why = target.kind === "undo" ? "an undo is taken back by doing the work again" : "what it did stays";
  return problem("config", "undo.not_undoable", `a run of the kind ${target.kind} cannot be undone: ${why}`, {
    next: "heal, release and publish runs can be undone",
  });
}

function giving(target: RunRecord): string {
  return `give up the unfinished run ${target.id}`;
}

/** Takes an unfinished run's lease and ends it; fails with `journal.held` while another process works on it. */
async function giveUp(session: Session, target: RunRecord): Promise<Outcome<UndoEffect[]>> {
  const { kind, key, company, product, title } = target;
  const { requester, trigger } = session;
  const run = await openRun(session.swarm, { kind, key, company, product, title, requester, trigger });
  if (!run.ok) return run;
  const ended = await run.value.finish("abandoned");
  return ended.ok ? succeed([plainEffect(giving(target), "undone", "it will not go on")]) : ended;
}
