import type { Constitution } from "../constitution/constitution.ts";
import { type Diagnostic, problem } from "../core/diagnostic.ts";

/** Who lets a session only observe. The organisation decides; a person can only be stricter. */
export type ObservingBy = "constitution" | "person";

/** Set to anything but `0`, `no` or `false`, nothing acts: every gate only logs what would have been done. */
export const OBSERVE_VARIABLE = "CODEMONKEYS_OBSERVE";

/** Whether, and by whose word, gates only log what would have been done. */
export function observingBy(
  constitution: { readonly document: Pick<Constitution["document"], "mode"> },
  environment: Readonly<Record<string, string | undefined>>,
  asked: boolean,
): ObservingBy | undefined {
  if (constitution.document.mode === "observe") return "constitution";
  const said = environment[OBSERVE_VARIABLE]?.trim() ?? "";
  return asked || (said !== "" && !/^(0|no|false)$/i.test(said)) ? "person" : undefined;
}

/** What a person is told at the end of a session that only observed. */
export function observedNote(by: ObservingBy, constitution: Constitution): Diagnostic {
  return problem(
    "policy",
    "session.observed",
    "only observed: nothing was done, and each gate's answer is in the audit log",
    {
      severity: "note",
      ...(by === "constitution"
        ? {
            where: {
              ...constitution.place(["mode"]),
              ...(constitution.commit ? { commit: constitution.commit } : {}),
            },
            next: "`mode: act` in the organisation's constitution lets the rules decide again",
          }
        : { next: `without --observe and ${OBSERVE_VARIABLE} it acts as the constitution allows` }),
    },
  );
}
