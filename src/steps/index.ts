import { auditShow, auditVerify } from "./audit.ts";
import { configExplain, configSchema } from "./config.ts";
import { constitutionCheck } from "./constitution-check.ts";
import { constitutionExplain } from "./constitution-explain.ts";
import type { AnyStep } from "./definition.ts";
import { pauseStep, resumeStep } from "./pause.ts";

/** Every step there is, in the order of `codemonkeys --help`. */
export const STEPS: readonly AnyStep[] = [
  constitutionCheck,
  constitutionExplain,
  auditVerify,
  auditShow,
  configExplain,
  configSchema,
  pauseStep,
  resumeStep,
];
