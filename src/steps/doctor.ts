import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { examine } from "../org/doctor.ts";
import { defineStep } from "./definition.ts";

const MARK = { good: "✔", limited: "!", bad: "✗" } as const;

export const doctorStep = defineStep({
  name: "doctor",
  summary: "Look at everything the program stands on, and say what to do about what is missing",
  description:
    "Checks Node.js, git, Python, Ansible, the sandbox, your configuration, the organisation, the database, the audit log and the disk.",
  examples: [{ command: "codemonkeys doctor", says: "exit code 4 when something is missing" }],
  params: z.object({}),
  result: z.object({
    findings: z.array(
      z.object({
        what: z.string(),
        state: z.enum(["good", "limited", "bad"]),
        text: z.string(),
        next: z.string().optional(),
      }),
    ),
  }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace) {
    const findings = await examine(workplace);
    const width = Math.max(...findings.map(({ what }) => what.length));
    const lines = findings.flatMap(({ what, state, text, next }) => [
      `${MARK[state]} ${what.padEnd(width)}  ${text}`,
      ...(next ? [`  ${" ".repeat(width)}  → ${next}`] : []),
    ]);
    const bad = findings.some(({ state }) => state === "bad");
    return succeed({
      ...(bad ? { verdict: "failure" as const, kind: "infrastructure" as const } : {}),
      data: { findings },
      summary: lines.join("\n"),
      display: lines,
    });
  },
});
