import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { ApprovalContext } from "../constitution/approvals.ts";
import { ALLOWED_SIGNERS, type AnswerSigners, answerStatement } from "../constitution/signed-answers.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import type { OpenOrganisation, Session } from "../pipeline/session.ts";
import { getApproval } from "../swarm/approvals.ts";
import { openRepository } from "../tools/git/git.ts";
import { isSignedBy, signText } from "../tools/ssh/signatures.ts";

/** How answers to questions are verified: by the allowed_signers file at the organisation's commit, where it has one. */
export function answerSigners(
  organisation: Pick<OpenOrganisation, "path" | "commit">,
  open: { readonly redactor: Redactor; readonly signal: AbortSignal },
): AnswerSigners {
  let read: Promise<Outcome<string | undefined>> | undefined;
  return async () => {
    read ??= readSigners(organisation, open);
    const text = await read;
    if (!text.ok) return text;
    const signers = text.value;
    return succeed(signers === undefined ? undefined : (signed) => isSignedBy(signed, signers, open.signal));
  };
}

/** What an answer is judged by in a session, whichever way it came. */
export function answeringIn(session: Session): Omit<ApprovalContext, "requester"> {
  return {
    swarm: session.swarm,
    audit: session.audit,
    constitution: session.organisation.constitution,
    now: session.clock.now(),
    signers: answerSigners(session.organisation, session),
  };
}

/**
 * Signs the answer of this session's person with their own key, where the organisation has its people sign; undefined
 * where it does not, or where there is no such question, which whoever takes the answer says.
 */
export async function signAnswer(
  session: Session,
  said: { readonly id: string; readonly answer: "yes" | "no"; readonly key: string | undefined },
): Promise<Outcome<string | undefined>> {
  const signed = await answerSigners(session.organisation, session)();
  if (!signed.ok || !signed.value) return signed.ok ? succeed(undefined) : signed;
  const row = await getApproval(session.swarm, said.id);
  if (!row.ok || !row.value) return row.ok ? succeed(undefined) : row;
  const key = said.key === undefined ? usualKey(session.environment.HOME ?? homedir()) : resolve(session.cwd, said.key);
  if (key === undefined) {
    return fail(
      problem(
        "secret",
        "approval.no_key",
        `answers are signed here (${ALLOWED_SIGNERS}), and no SSH key of yours was found`,
        {
          next: "name it with --key FILE, or make one (ssh-keygen -t ed25519) and have it added to the file",
        },
      ),
    );
  }
  return await signText(
    answerStatement(row.value, { person: session.requester, answer: said.answer }),
    key,
    session.signal,
  );
}

function usualKey(home: string): string | undefined {
  return ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => join(home, ".ssh", name)).find((path) => existsSync(path));
}

async function readSigners(
  { path, commit }: Pick<OpenOrganisation, "path" | "commit">,
  open: { readonly redactor: Redactor; readonly signal: AbortSignal },
): Promise<Outcome<string | undefined>> {
  const git = await openRepository(path, open);
  if (!git.ok) return git;
  const text = await git.value.readAt(commit, ALLOWED_SIGNERS);
  if (text.ok) return text;
  return text.diagnostics.some(({ code }) => code === "git.path_missing") ? succeed(undefined) : text;
}
