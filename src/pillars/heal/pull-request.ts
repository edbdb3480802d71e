import { type Decision, type Gate, permitOf } from "../../constitution/gate.ts";
import type { Target } from "../../core/action.ts";
import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import type { Facts } from "../../core/facts.ts";
import type { Session } from "../../pipeline/session.ts";
import type { Run } from "../../swarm/journal.ts";
import type { Git } from "../../tools/git/git.ts";
import { findPullRequest, openPullRequest, type PullRequest } from "../../tools/github/pulls.ts";
import { forgeOf } from "../forge.ts";
import { markdownBlock, plainLine } from "../release/markdown.ts";
import { shown } from "./land-way.ts";
import type { HealGate } from "./report.ts";

export interface ProposeRequest {
  readonly git: Git;
  readonly run: Run;
  readonly gate: Gate;
  /** The gates' answers so far; this one's is added. */
  readonly gates: HealGate[];
  readonly facts: Facts;
  readonly target: Target<"pr.open">;
  /** The commit's message: its subject is the title, the rest the description. */
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
}

export interface Proposed {
  /** What became of the pushed branch, in words. */
  readonly reason: string;
  readonly url?: string;
  readonly asked?: Extract<Decision, { answer: "ask" }>["approval"];
}

/**
 * Opens the pull request of a pushed heal branch exactly once: it is found by its branch, whoever opened it. Where it
 * can't be opened, the reason says so; the branch stands, and a person can. Fails where trying again later helps.
 */
export async function proposePullRequest(session: Session, request: ProposeRequest): Promise<Outcome<Proposed>> {
  const { git, run, gate, gates, facts, target } = request;
  const { branch, into, commit } = target;
  const notOpened = (why: string, warnings: readonly Diagnostic[] = []) =>
    succeed<Proposed>({ reason: `pushed ${branch}; ${why}` }, warnings);
  const forge = await forgeOf(session, git, "heal");
  if (!forge.ok) return forge;
  if ("missing" in forge.value) {
    const decision = await gate.preview("pr.open", target, facts);
    gates.push(shown("pr.open", decision, true));
    return notOpened(decision.answer === "deny" ? refused(decision) : `${forge.value.missing}; open it by hand`);
  }
  const { github, repository } = forge.value;
  let answered: Decision<"pr.open"> | undefined;
  const opened = await run.effect<PullRequest>(`pull request ${branch}`, {
    probe: () => findPullRequest(github, repository, { branch, into, commit }),
    async act() {
      answered = await gate("pr.open", target, facts);
      gates.push(shown("pr.open", answered, false));
      const permit = permitOf(answered);
      if (!permit.ok) return permit;
      const words = wordsOf(session.redactor.redact(request.message), request.trailers);
      return openPullRequest(permit.value, target, { github, repository, ...words });
    },
  });
  if (opened.ok) {
    const { number, url, state } = opened.value;
    const what = state === "open" ? `opened pull request ${number}` : `pull request ${number} was ${state} by people`;
    return succeed({ reason: `pushed ${branch}, ${what}`, url });
  }
  if (answered?.answer === "ask") {
    const { group, reason } = answered.approval;
    return succeed({ reason: `pushed ${branch}; waits for ${group}: ${reason}`, asked: answered.approval });
  }
  if (answered?.answer === "deny") return notOpened(refused(answered));
  // A missing right or a wrong name: the same question would get the same answer.
  if (!opened.diagnostics.every(({ kind }) => kind === "secret" || kind === "config")) return opened;
  const warnings = opened.diagnostics.map((one) => ({ ...one, severity: "warning" as const }));
  return notOpened("its pull request could not be opened; open it by hand", warnings);
}

function refused({ reason }: Decision): string {
  return `the pull request is not opened: ${reason}`;
}

/**
 * Title and description, from the commit's message; the trailers last, as in the commit. The message holds words of logs,
 * repositories and models: shown as they are, they make no link, image or mention, and close no issue.
 */
export function wordsOf(message: string, trailers: Readonly<Record<string, string>>) {
  const [title = "", ...rest] = message.split("\n");
  const shownText = (text: string) =>
    markdownBlock(
      text.replace(REFERENCE, (found) => `\`${found.replaceAll("`", "'")}\``),
      (number) => `\`#${number}\``,
    );
  const lines = Object.entries(trailers).flatMap(([name, value]) => shownText(`${name}: ${plainLine(value)}`));
  return { title: plainLine(title), body: [...shownText(rest.join("\n").trim()), "", "---", ...lines].join("\n") };
}

/** What a forge makes a link of by itself: addresses, issues of other repositories, people. */
const REFERENCE =
  /\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s<>]+|\b[\w.-]+(?:\/[\w.-]+)?#\d+\b|\bGH-\d+\b|(?<!\w)@[a-z0-9][\w-]*(?:\/[\w.-]+)?/gi;
