import { ACTIONS, type ActionName, type Target } from "../core/action.ts";
import { type Diagnostic, problem, type SourcePlace } from "../core/diagnostic.ts";
import type { Facts } from "../core/facts.ts";
import type { AskedApproval } from "./asked-approval.ts";
import type { GateOptions } from "./gate-options.ts";
import { forgedFacts } from "./probe.ts";
import type { Rule } from "./rules.ts";

/** What the half that holds no keys may do: ask a model, and write files into the work tree it was given. */
const WORK_ACTIONS: readonly ActionName[] = ["model.ask", "files.generate"];

/** Mistakes of the calling code, found before anything is judged. */
export function misused<A extends ActionName>(
  options: GateOptions,
  action: A,
  target: Target<A>,
  facts: Facts,
): Diagnostic | undefined {
  if (options.actions && !options.actions.includes(action)) {
    return problem("internal", "gate.undeclared_action", `this step did not declare that it may ask for ${action}`);
  }
  if (options.half && options.mode === "act" && WORK_ACTIONS.includes(action) !== (options.half === "work")) {
    const other = options.half === "work" ? "act" : "work";
    return problem(
      "policy",
      "gate.wrong_half",
      `${action} is the ${other} half's, and this process does the ${options.half} half`,
      {
        next: `run the step with --half ${other}, where that half belongs (zones: two)`,
      },
    );
  }
  const checked = ACTIONS[action]().strict().safeParse(target);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return problem(
      "internal",
      "gate.bad_target",
      `the target of ${action} is wrong: ${issue?.path.join(".") || "target"}: ${issue?.message}`,
    );
  }
  const forged = forgedFacts(facts);
  if (forged.length > 0) {
    return problem("internal", "gate.forged_fact", `no probe established ${forged.join(", ")}`);
  }
  return undefined;
}

function placeOf(options: GateOptions, rule: Rule): SourcePlace {
  return { ...rule.place, commit: options.organisationCommit };
}

/** Why not, where it is written, and how to learn more. */
export function denied(
  options: GateOptions,
  action: ActionName,
  rule: Rule | undefined,
  reason: string,
  code: string,
  why?: string,
): Diagnostic {
  const by = rule ? ` by ${rule.id}` : "";
  const explain = `codemonkeys constitution explain ${action}${options.product ? ` --product ${options.product.name}` : ""}`;
  return problem("policy", code, `${action} is denied${by}: ${reason}`, {
    ...(why === undefined ? {} : { details: why }),
    where: rule ? placeOf(options, rule) : { file: options.constitution.file, commit: options.organisationCommit },
    next: code === "gate.paused" ? "codemonkeys resume, when the reason is gone" : explain,
  });
}

/** Who is asked, and how they answer. */
export function asks(options: GateOptions, action: ActionName, rule: Rule, approval: AskedApproval): Diagnostic {
  const people = approval.count === 1 ? "one person" : `${approval.count} people`;
  return problem("policy", "gate.asks", `${action} waits for ${people} of ${approval.group}: ${approval.reason}`, {
    where: placeOf(options, rule),
    next: `one of ${approval.group} answers with: codemonkeys approve ${approval.id}`,
  });
}
