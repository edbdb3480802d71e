import type { ActionName } from "../core/action.ts";
import { digestOf } from "../core/canonical.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import {
  type Approval,
  askApproval,
  closeApproval,
  getApproval,
  listApprovals,
  type Vote,
  vote,
} from "../swarm/approvals.ts";
import type { Swarm } from "../swarm/open.ts";
import type { AskedApproval } from "./asked-approval.ts";
import type { Audit, AuditSubject } from "./audit.ts";
import { showTime } from "./calendar.ts";
import type { Constitution } from "./constitution.ts";
import type { Asked, Rule } from "./rules.ts";
import { ALLOWED_SIGNERS, type AnswerSigners, answerStatement } from "./signed-answers.ts";

/** What approvals are judged with. */
export interface ApprovalContext {
  readonly swarm: Swarm;
  readonly audit: Audit;
  readonly constitution: Constitution;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Who wants to act; their own agreement never counts. */
  readonly requester: string;
  /** Where the organisation has its people sign their answers; without it, or where it has no keys, accounts are trusted. */
  readonly signers?: AnswerSigners | undefined;
  /** See `GateContext`. */
  readonly together?: Set<string> | undefined;
}

export interface ApprovalQuestion {
  readonly company: string;
  readonly product: string | undefined;
  readonly run: string | undefined;
  readonly action: ActionName;
  readonly planHash: string;
  readonly rule: Rule;
  readonly reason: string;
  readonly subject: AuditSubject;
}

export interface ApprovalStanding {
  readonly state: "open" | "granted" | "denied";
  /** Those whose answer made it so. */
  readonly people: readonly string[];
  readonly approval: AskedApproval;
}

/** Names the exact plan a question is about: action and target by their hash, and the rule that asks. */
export function planHash(targetHash: string, rule: string): string {
  return digestOf({ target: targetHash, rule });
}

/**
 * How a question stands. Votes are counted anew each time against the constitution as it is now: distinct members of the
 * group, without the requester of the question and without whoever wants to act. A question whose time is over counts for
 * nothing. With `open`, a question that nobody asked yet is asked, and open questions of the same run, action and rule
 * about another plan become void: the plan has changed.
 */
export async function approvalStanding(
  context: ApprovalContext,
  question: ApprovalQuestion,
  { open }: { readonly open: boolean },
): Promise<Outcome<ApprovalStanding>> {
  const of = question.rule.of as Asked;
  if (open) context.together?.add(question.planHash);
  const found = await listApprovals(context.swarm, {
    company: question.company,
    action: question.action,
    planHash: question.planHash,
  });
  if (!found.ok) return found;
  const live: Approval[] = [];
  for (const row of found.value) {
    if (row.state === "void" || row.state === "expired") continue;
    if (row.until > context.now) {
      live.push(row);
    } else if (row.state === "open" && open) {
      const closed = await close(context, row, "expired", question.subject);
      if (!closed.ok) return closed;
    }
  }
  // The same plan may have been asked about for several requesters: a no to any of them is a no to the plan.
  const counted: ({ readonly row: Approval } & Counted)[] = [];
  for (const row of live) {
    const votes = await count(context, of, row);
    if (!votes.ok) return votes;
    counted.push({ row, ...votes.value });
  }
  const refused = counted.find(({ no }) => no.length > 0);
  if (refused) return succeed({ state: "denied", people: refused.no, approval: asked(context, refused.row) });
  const agreed = counted.find(({ yes }) => yes.length >= of.count);
  if (agreed) return succeed({ state: "granted", people: agreed.yes, approval: asked(context, agreed.row) });
  const waiting = counted.find(({ row }) => row.state === "open" && row.requester === context.requester);
  if (waiting) return succeed({ state: "open", people: waiting.yes, approval: asked(context, waiting.row) });
  const planned: AskedApproval = {
    id: "planned",
    group: of.group,
    people: others(context, of.group, context.requester),
    count: of.count,
    until: context.now + of.withinMs,
    reason: question.reason,
  };
  if (!open) return succeed({ state: "open", people: [], approval: planned });
  const voided = await voidOthers(context, question);
  if (!voided.ok) return voided;
  const row = await askApproval(context.swarm, {
    company: question.company,
    product: question.product,
    run: question.run,
    action: question.action,
    planHash: question.planHash,
    rule: question.rule.id,
    group: of.group,
    count: of.count,
    requester: context.requester,
    reason: question.reason,
    until: planned.until,
  });
  if (!row.ok) return row;
  const logged = await context.audit.append({
    ...question.subject,
    kind: "approval.requested",
    data: { ...facts(row.value), group: of.group, count: of.count, until: new Date(row.value.until).toISOString() },
  });
  if (!logged.ok) return logged;
  return succeed({ state: "open", people: [], approval: asked(context, row.value) });
}

/** Says whether a claimed Jenkins approval is in the controller's own record, and by whom it was given there. */
export type ApprovalVerifier = (claim: {
  readonly build: string;
  readonly approval: string;
  readonly person: string;
}) => Promise<Outcome<{ readonly person: string }>>;

export type ApprovalSource =
  | { readonly kind: "cli" }
  | {
      readonly kind: "jenkins";
      /** The build whose input step was answered. */
      readonly build: string;
      /** Only the act half, where no product code runs, may bring one. */
      readonly half: "work" | "act";
      readonly verify: ApprovalVerifier;
    };

/**
 * Takes a person's answer to an open question. Refused: an unknown, closed or expired question, someone outside the
 * group, the requester themselves, and a Jenkins answer that the controller does not confirm or that the work half brings.
 * One no closes the question; enough distinct yeses grant it.
 */
export async function answerApproval(
  context: Omit<ApprovalContext, "requester">,
  answer: {
    readonly id: string;
    readonly person: string;
    readonly answer: "yes" | "no";
    /** Their own words; they go into the log. */
    readonly reason?: string | undefined;
    readonly source: ApprovalSource;
    /** The person's signature of `answerStatement`; needed where the organisation has its people sign. */
    readonly signature?: string | undefined;
  },
): Promise<Outcome<ApprovalStanding>> {
  const found = await getApproval(context.swarm, answer.id);
  if (!found.ok) return found;
  const row = found.value;
  if (!row)
    return fail(refusal("unknown", `there is no question ${answer.id}`, "codemonkeys status lists what is open"));
  const person = await confirmed(answer, row);
  if (!person.ok) return person;
  const said = { person: person.value, answer: answer.answer, signature: answer.signature };
  const trust = await trustIn(context, row, said);
  if (!trust.ok) return trust;
  const refused = inadmissible(context, row, person.value) ?? unsigned(trust.value, person.value);
  const subject: AuditSubject = {
    company: row.company,
    ...(row.product ? { product: row.product } : {}),
    ...(row.run ? { run: row.run } : {}),
    requester: person.value,
  };
  if (refused) {
    const data = { ...facts(row), person: person.value, because: refused.code };
    const logged = await context.audit.append({ ...subject, kind: "approval.refused", data });
    return logged.ok ? fail(refused) : logged;
  }
  const source = answer.source.kind === "cli" ? "cli" : `jenkins ${answer.source.build}`;
  // Logged before it is counted: an answer that is nowhere in the log must not open anything.
  const logged = await context.audit.append({
    ...subject,
    kind: "approval.answered",
    data: {
      ...facts(row),
      person: person.value,
      answer: answer.answer,
      source,
      trust: trust.value,
      ...(answer.reason ? { reason: answer.reason } : {}),
    },
  });
  if (!logged.ok) return logged;
  const voted = await vote(context.swarm, row.id, { ...said, source });
  if (!voted.ok) return voted;
  const of = { group: row.group, count: row.count, withinMs: 0 };
  const counted = await count({ ...context, requester: row.requester }, of, voted.value);
  if (!counted.ok) return counted;
  const { yes, no } = counted.value;
  const state = no.length > 0 ? "denied" : yes.length >= row.count ? "granted" : "open";
  if (state !== "open") {
    const closed = await close(context, row, state, subject);
    if (!closed.ok) return closed;
  }
  return succeed({ state, people: no.length > 0 ? no : yes, approval: asked(context, row) });
}

async function confirmed(
  answer: { readonly id: string; readonly person: string; readonly source: ApprovalSource },
  row: Approval,
): Promise<Outcome<string>> {
  const { source } = answer;
  if (source.kind === "cli") return succeed(answer.person);
  if (source.half !== "act") {
    return fail(
      refusal("wrong_half", "an approval from Jenkins is taken in the act half only", "let the act stage pass it on"),
    );
  }
  const verified = await source.verify({ build: source.build, approval: row.id, person: answer.person });
  if (!verified.ok) return verified;
  if (verified.value.person !== answer.person) {
    return fail(
      refusal("not_theirs", `the controller knows the answer of ${verified.value.person}, not of ${answer.person}`),
    );
  }
  return succeed(answer.person);
}

function inadmissible(
  context: Pick<ApprovalContext, "constitution" | "now">,
  row: Approval,
  person: string,
): Diagnostic | undefined {
  const anew = "give the command that asked again: it asks anew where an answer is still needed";
  if (row.state === "expired" || (row.state === "open" && row.until <= context.now)) {
    const until = showTime(row.until, context.constitution.timeZone);
    return refusal("expired", `the question ${row.id} could be answered until ${until}, and that is over`, anew);
  }
  if (row.state === "void") {
    return refusal("not_open", `the question ${row.id} is void: the plan that it asked about has changed`, anew);
  }
  if (row.state !== "open") {
    const how = row.state === "granted" ? "enough people have agreed" : "somebody has refused";
    return refusal("not_open", `the question ${row.id} is closed: ${how}`);
  }
  const people = members(context.constitution, row.group);
  if (!people.includes(person)) {
    return refusal(
      "not_a_member",
      `${person} is not of the group ${row.group}, which is asked`,
      `the constitution names its people: ${people.join(", ")}`,
    );
  }
  if (person === row.requester) {
    return refusal(
      "own_request",
      `${person} asked for it and cannot agree to it`,
      "let someone else of the group answer",
    );
  }
  return undefined;
}

/** What an answer is trusted for: the person's own key, or the account that it came from. */
type Trust = "signature" | "account" | "not signed" | "bad signature";

async function trustIn(
  context: Pick<ApprovalContext, "signers">,
  row: Approval,
  said: Pick<Vote, "person" | "answer" | "signature">,
): Promise<Outcome<Trust>> {
  const verify = await (context.signers?.() ?? succeed(undefined));
  if (!verify.ok) return verify;
  if (!verify.value) return succeed("account");
  const { person, signature } = said;
  if (signature === undefined) return succeed("not signed");
  const good = await verify.value({ text: answerStatement(row, said), person, signature });
  if (!good.ok) return good;
  return succeed(good.value ? "signature" : "bad signature");
}

function unsigned(trust: Trust, person: string): Diagnostic | undefined {
  if (trust === "not signed") {
    return refusal(
      "not_signed",
      `the answer of ${person} is not signed, and this organisation has its people sign (${ALLOWED_SIGNERS})`,
      "answer with `codemonkeys approve ID --key FILE`, your own SSH key",
    );
  }
  if (trust !== "bad signature") return undefined;
  return refusal(
    "bad_signature",
    `the answer is not signed by a key that ${ALLOWED_SIGNERS} has for ${person} now`,
    "sign with your own key, or have it added to the file on the organisation's protected branch",
  );
}

interface Counted {
  readonly yes: string[];
  readonly no: string[];
}

/**
 * The votes that count. Signatures are verified each time: a row that somebody put into the database by other means is no
 * answer, and a key that was taken back counts no more.
 */
async function count(
  context: Pick<ApprovalContext, "constitution" | "requester" | "signers">,
  of: Asked,
  row: Approval,
): Promise<Outcome<Counted>> {
  const people = members(context.constitution, of.group);
  const counted = { yes: new Set<string>(), no: new Set<string>() };
  for (const one of row.votes) {
    const { person } = one;
    if (!people.includes(person) || person === row.requester || person === context.requester) continue;
    const trust = await trustIn(context, row, one);
    if (!trust.ok) return trust;
    if (trust.value === "signature" || trust.value === "account") counted[one.answer].add(person);
  }
  return succeed({ yes: [...counted.yes], no: [...counted.no] });
}

function members(constitution: Constitution, group: string): readonly string[] {
  const groups = constitution.document.groups;
  return Object.hasOwn(groups, group) ? (groups[group] ?? []) : [];
}

async function voidOthers(context: ApprovalContext, question: ApprovalQuestion): Promise<Outcome<void>> {
  if (question.run === undefined) return succeed(undefined);
  const open = await listApprovals(context.swarm, { run: question.run, action: question.action, state: "open" });
  if (!open.ok) return open;
  for (const row of open.value) {
    if (row.rule !== question.rule.id || row.planHash === question.planHash) continue;
    if (context.together?.has(row.planHash)) continue;
    const closed = await close(context, row, "void", question.subject);
    if (!closed.ok) return closed;
  }
  return succeed(undefined);
}

/** Makes the open questions of a run void that is given up: nobody needs to answer them any more. */
export async function withdrawQuestions(
  context: Pick<ApprovalContext, "swarm" | "audit">,
  run: string,
  subject: AuditSubject,
): Promise<Outcome<void>> {
  const open = await listApprovals(context.swarm, { run, state: "open" });
  if (!open.ok) return open;
  for (const row of open.value) {
    const closed = await close(context, row, "void", subject);
    if (!closed.ok) return closed;
  }
  return succeed(undefined);
}

async function close(
  context: Pick<ApprovalContext, "swarm" | "audit">,
  row: Approval,
  state: "granted" | "denied" | "void" | "expired",
  subject: AuditSubject,
): Promise<Outcome<void>> {
  const logged = await context.audit.append({ ...subject, kind: `approval.${state}`, data: facts(row) });
  if (!logged.ok) return logged;
  const closed = await closeApproval(context.swarm, row.id, state);
  // Someone else closed it in between: the question is closed either way, and both ends are in the log.
  if (!closed.ok && closed.diagnostics[0]?.code === "approval.not_open") return succeed(undefined);
  return closed;
}

function facts(row: Approval) {
  return { approval: row.id, action: row.action, rule: row.rule, plan: row.planHash };
}

function asked(context: Pick<ApprovalContext, "constitution">, row: Approval): AskedApproval {
  const { id, group, count, until, reason } = row;
  return { id, group, people: others(context, group, row.requester), count, until, reason };
}

function others({ constitution }: Pick<ApprovalContext, "constitution">, group: string, requester: string): string[] {
  return members(constitution, group).filter((person) => person !== requester);
}

function refusal(code: string, message: string, next?: string): Diagnostic {
  return problem("policy", `approval.${code}`, message, next ? { next } : {});
}
