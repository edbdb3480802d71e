import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { didYouMean } from "../../core/suggest.ts";
import { findStage, type Plan, stageNames } from "../../pipeline/plan.ts";
import type { StageToRun } from "./bench.ts";

/** How a stage of the plan is run; fails for a stage that the plan lacks or that is no command of the product's. */
export function stageToRun(plan: Plan, name: string): Outcome<StageToRun> {
  const found = findStage(plan, name);
  if (!found) return fail(unknownStage(plan, name));
  const { stage } = found;
  if (stage.kind === "command") {
    return succeed({
      name,
      command: stage.run,
      env: stage.env,
      timeoutMs: stage.timeout_minutes * 60_000,
      network: stage.network,
    });
  }
  const branches = stage.kind === "parallel" ? stage.branches.map((branch) => branch.name) : [];
  return fail(
    problem(
      "config",
      "heal.stage_without_command",
      stage.kind === "parallel"
        ? `${name} is a group of ${branches.length} commands; a heal repeats one of them`
        : `${name} is a stage of the program itself, not a command of the product's`,
      {
        next:
          branches.length > 0 ? `name the one that failed: ${branches.join(", ")}` : "heal a stage that runs a command",
      },
    ),
  );
}

function unknownStage(plan: Plan, name: string): Diagnostic {
  const names = stageNames(plan);
  const meant = didYouMean(name, names);
  return problem("config", "heal.unknown_stage", `the product has no stage ${name}`, {
    next: meant ? `did you mean ${meant}?` : `its stages are ${names.join(", ")}`,
  });
}
