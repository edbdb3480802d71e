import type { AnyStep } from "./definition.ts";

/**
 * Every step by its name, each loaded when it is asked for: a command pays for its own parts at start and for no other's.
 * In the order of `codemonkeys --help`; a test holds it to `STEPS`.
 */
const LOADERS = {
  init: async () => (await import("./init.ts")).initStep,
  generate: async () => (await import("./generate-step.ts")).generateStep,
  plan: async () => (await import("./plan.ts")).planStep,
  run: async () => (await import("./run.ts")).runStep,
  build: async () => (await import("./build.ts")).buildStep,
  logs: async () => (await import("./logs.ts")).logsStep,
  watch: async () => (await import("./watch.ts")).watchStep,
  explain: async () => (await import("./explain.ts")).explainStep,
  heal: async () => (await import("./heal.ts")).healStep,
  "heal templates": async () => (await import("./heal-templates.ts")).healTemplatesStep,
  docs: async () => (await import("./docs.ts")).docsStep,
  release: async () => (await import("./release.ts")).releaseStep,
  "release plan": async () => (await import("./release-plan.ts")).releasePlanStep,
  "release replay": async () => (await import("./release-plan.ts")).releaseReplayStep,
  "release verify": async () => (await import("./release-verify.ts")).releaseVerifyStep,
  "release rollback": async () => (await import("./release-rollback.ts")).releaseRollbackStep,
  publish: async () => (await import("./publish.ts")).publishStep,
  deploy: async () => (await import("./deploy.ts")).deployStep,
  "canary status": async () => (await import("./canary.ts")).canaryStatusStep,
  "canary promote": async () => (await import("./canary.ts")).canaryPromoteStep,
  "canary hold": async () => (await import("./canary.ts")).canaryHoldStep,
  "canary resume": async () => (await import("./canary.ts")).canaryResumeStep,
  "canary abort": async () => (await import("./canary.ts")).canaryAbortStep,
  "infra plan": async () => (await import("./infra.ts")).infraPlanStep,
  "infra apply": async () => (await import("./infra.ts")).infraApplyStep,
  "infra drift": async () => (await import("./infra.ts")).infraDriftStep,
  "infra destroy": async () => (await import("./infra.ts")).infraDestroyStep,
  announce: async () => (await import("./announce.ts")).announceStep,
  alerts: async () => (await import("./alerts.ts")).alertsStep,
  undo: async () => (await import("./undo.ts")).undoStep,
  warn: async () => (await import("./warn.ts")).warnStep,
  scan: async () => (await import("./scan.ts")).scanStep,
  "secrets list": async () => (await import("./secrets.ts")).secretsListStep,
  "secrets set": async () => (await import("./secrets.ts")).secretsSetStep,
  "secrets rotate": async () => (await import("./secrets.ts")).secretsRotateStep,
  "secrets edit": async () => (await import("./secrets.ts")).secretsEditStep,
  status: async () => (await import("./status.ts")).statusStep,
  approve: async () => (await import("./approve.ts")).approveStep,
  pause: async () => (await import("./pause.ts")).pauseStep,
  resume: async () => (await import("./pause.ts")).resumeStep,
  "constitution check": async () => (await import("./constitution-check.ts")).constitutionCheck,
  "constitution explain": async () => (await import("./constitution-explain.ts")).constitutionExplain,
  "constitution diff": async () => (await import("./constitution-diff.ts")).constitutionDiff,
  "audit verify": async () => (await import("./audit.ts")).auditVerify,
  "audit show": async () => (await import("./audit.ts")).auditShow,
  "audit anchor": async () => (await import("./audit-anchor.ts")).auditAnchor,
  "audit prune": async () => (await import("./audit-prune.ts")).auditPrune,
  "config explain": async () => (await import("./config.ts")).configExplain,
  "config schema": async () => (await import("./config.ts")).configSchema,
  "controller jobs": async () => (await import("./controller-jobs.ts")).controllerJobs,
  "controller up": async () => (await import("./controller-up.ts")).controllerUpStep,
  doctor: async () => (await import("./doctor.ts")).doctorStep,
} satisfies Readonly<Record<string, () => Promise<AnyStep>>>;

export const STEP_NAMES: readonly string[] = Object.keys(LOADERS);

/**
 * The steps that a command line may mean: the one that its first two words name, else those that begin with its first
 * word, else all, so that help and suggestions see every step.
 */
export function loadSteps(words: readonly string[]): Promise<AnyStep[]> {
  const all = Object.entries<() => Promise<AnyStep>>(LOADERS);
  const exactly = all.filter(([name]) => name === words.slice(0, 2).join(" "));
  const begun = all.filter(([name]) => name.split(" ", 1)[0] === words[0]);
  const meant = [exactly, begun].find((steps) => steps.length > 0) ?? all;
  return Promise.all(meant.map(([, load]) => load()));
}
