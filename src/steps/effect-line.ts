import type { PlannedEffect } from "../pillars/release/report.ts";

const MARK = { allow: "✔", deny: "✗", ask: "?" } as const;

/** What tells one target from another, in a few words. */
const TELLING = ["environment", "name", "version", "tag", "ref", "branch", "channel", "to", "registry"];

/** One effect of a dry run with the constitution's answer to it. */
export function effectLine({ action, target, answer, rule, reason }: PlannedEffect): string {
  const words = TELLING.flatMap((key) => (typeof target[key] === "string" ? [target[key]] : []));
  const share = typeof target.share === "number" ? [`${target.share} %`] : [];
  const what = [...words, ...share, ...(Array.isArray(target.names) ? target.names : [])].join(" ");
  const by = rule ? ` by ${rule}` : "";
  return `${MARK[answer]} ${action}  ${what}  ${answer}${by}${answer === "allow" ? "" : `: ${reason}`}`;
}
