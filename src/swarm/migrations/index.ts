import { spine } from "./0001-spine.ts";
import { ci } from "./0002-ci.ts";
import { machinesCallsAndWaits } from "./0003-machines-calls-waits.ts";
import { signedAnswers } from "./0004-signed-answers.ts";
import { scans } from "./0005-scans.ts";
import { dependencyConflicts } from "./0006-dependency-conflicts.ts";
import { waitsForTime } from "./0007-waits-for-time.ts";
import type { Migration } from "./migration.ts";

/** All migrations, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  spine,
  ci,
  machinesCallsAndWaits,
  signedAnswers,
  scans,
  dependencyConflicts,
  waitsForTime,
];
