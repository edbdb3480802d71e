/** The words that columns of the Swarm DB hold, and that specs and fleets are written in. */

export const LIFECYCLE = [
  "discovered",
  "draft",
  "estimated",
  "provisioning",
  "initialized",
  "designing",
  "designed",
  "implementing",
  "implemented",
  "verifying",
  "verified",
  "deploying",
  "active",
  "maintenance",
  "missing",
] as const;
export type Lifecycle = (typeof LIFECYCLE)[number];

export const PRIORITIES = ["critical", "high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** `auto`: nobody is asked; `checkpoints`: after the spec and before a deploy; `final`: before a deploy. */
export const APPROVAL_MODES = ["auto", "checkpoints", "final"] as const;
export type ApprovalMode = (typeof APPROVAL_MODES)[number];

export const SERVER_STATES = ["discovered", "provisioning", "ready", "error"] as const;
export type ServerState = (typeof SERVER_STATES)[number];

export const RUN_STATUSES = ["running", "waiting", "succeeded", "failed", "abandoned"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TRIGGERS = ["person", "ci", "cron", "webhook", "rollout"] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const WAITS = ["ci", "approval", "registry", "time"] as const;
export type WaitFor = (typeof WAITS)[number];

export const APPROVAL_STATES = ["open", "granted", "denied", "void", "expired"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];
