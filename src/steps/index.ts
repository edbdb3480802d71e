import { alertsStep } from "./alerts.ts";
import { announceStep } from "./announce.ts";
import { approveStep } from "./approve.ts";
import { auditShow, auditVerify } from "./audit.ts";
import { auditAnchor } from "./audit-anchor.ts";
import { auditPrune } from "./audit-prune.ts";
import { buildStep } from "./build.ts";
import { CANARY_STEPS } from "./canary.ts";
import { configExplain, configSchema } from "./config.ts";
import { constitutionCheck } from "./constitution-check.ts";
import { constitutionDiff } from "./constitution-diff.ts";
import { constitutionExplain } from "./constitution-explain.ts";
import { controllerJobs } from "./controller-jobs.ts";
import { controllerUpStep } from "./controller-up.ts";
import type { AnyStep } from "./definition.ts";
import { deployStep } from "./deploy.ts";
import { docsStep } from "./docs.ts";
import { doctorStep } from "./doctor.ts";
import { explainStep } from "./explain.ts";
import { generateStep } from "./generate-step.ts";
import { healStep } from "./heal.ts";
import { healTemplatesStep } from "./heal-templates.ts";
import { infraApplyStep, infraDestroyStep, infraDriftStep, infraPlanStep } from "./infra.ts";
import { initStep } from "./init.ts";
import { logsStep } from "./logs.ts";
import { pauseStep, resumeStep } from "./pause.ts";
import { planStep } from "./plan.ts";
import { publishStep } from "./publish.ts";
import { releaseStep } from "./release.ts";
import { releasePlanStep, releaseReplayStep } from "./release-plan.ts";
import { releaseRollbackStep } from "./release-rollback.ts";
import { releaseVerifyStep } from "./release-verify.ts";
import { runStep } from "./run.ts";
import { scanStep } from "./scan.ts";
import { secretsEditStep, secretsListStep, secretsRotateStep, secretsSetStep } from "./secrets.ts";
import { statusStep } from "./status.ts";
import { undoStep } from "./undo.ts";
import { warnStep } from "./warn.ts";
import { watchStep } from "./watch.ts";

/** Every step there is, in the order of `codemonkeys --help`. */
export const STEPS: readonly AnyStep[] = [
  initStep,
  generateStep,
  planStep,
  runStep,
  buildStep,
  logsStep,
  watchStep,
  explainStep,
  healStep,
  healTemplatesStep,
  docsStep,
  releaseStep,
  releasePlanStep,
  releaseReplayStep,
  releaseVerifyStep,
  releaseRollbackStep,
  publishStep,
  deployStep,
  ...CANARY_STEPS,
  infraPlanStep,
  infraApplyStep,
  infraDriftStep,
  infraDestroyStep,
  announceStep,
  alertsStep,
  undoStep,
  warnStep,
  scanStep,
  secretsListStep,
  secretsSetStep,
  secretsRotateStep,
  secretsEditStep,
  statusStep,
  approveStep,
  pauseStep,
  resumeStep,
  constitutionCheck,
  constitutionExplain,
  constitutionDiff,
  auditVerify,
  auditShow,
  auditAnchor,
  auditPrune,
  configExplain,
  configSchema,
  controllerJobs,
  controllerUpStep,
  doctorStep,
];
