/** The values of the fact `run.pillar`, and the keys of `limits`. */
export const PILLARS = [
  "heal",
  "release",
  "publish",
  "announce",
  "deploy",
  "docs",
  "watch",
  "org",
  "generate",
  "oracle",
  "infra",
  "undo",
] as const;
export type Pillar = (typeof PILLARS)[number];
