import * as z from "zod";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { examine } from "../org/doctor.ts";
import { adoptDatabase, setDatabaseAside } from "../org/repair-state.ts";
import type { Workplace } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

const MARK = { good: "✔", limited: "!", bad: "✗" } as const;

export const doctorStep = defineStep({
  name: "doctor",
  summary: "Look at everything the program stands on, and say what to do about what is missing",
  description:
    "Checks Node.js, git, Python, Ansible, the sandbox, your configuration, the organisation, the database, the audit log and the disk. It repairs two things that block everything else, and only when told to: a database that is damaged or newer than the program is kept beside the new one (the fleet is then paused, since what was paused is not known), and a database of a machine that is gone is taken over.",
  examples: [
    { command: "codemonkeys doctor", says: "exit code 4 when something is missing" },
    { command: "codemonkeys doctor --set-database-aside", says: "keep a damaged database under another name" },
    { command: "codemonkeys doctor --adopt-database", says: "this machine takes the place of one that is gone" },
  ],
  params: z.object({
    set_database_aside: z
      .boolean()
      .default(false)
      .describe("keep a damaged or newer database under another name, and begin with an empty one"),
    adopt_database: z.boolean().default(false).describe("take over the database of a machine that is gone"),
  }),
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
  async run(workplace, params) {
    const done = await repaired(workplace, params);
    if (!done.ok) return done;
    const findings = await examine(workplace);
    const width = Math.max(...findings.map(({ what }) => what.length));
    const told = findings.flatMap(({ what, state, text, next }) => [
      `${MARK[state]} ${what.padEnd(width)}  ${text}`,
      ...(next ? [`  ${" ".repeat(width)}  → ${next}`] : []),
    ]);
    const lines = [...done.value, ...told];
    const bad = findings.some(({ state }) => state === "bad");
    return succeed({
      ...(bad ? { verdict: "failure" as const, kind: "infrastructure" as const } : {}),
      data: { findings },
      summary: lines.join("\n"),
      display: lines,
    });
  },
});

/** Repairs what it was told to, and tells what was done. */
async function repaired(
  workplace: Workplace,
  params: { readonly set_database_aside: boolean; readonly adopt_database: boolean },
): Promise<Outcome<string[]>> {
  const lines: string[] = [];
  if (params.set_database_aside) {
    const done = await setDatabaseAside(workplace);
    if (!done.ok) return done;
    const { kept, because } = done.value;
    const why = { corrupt: "damaged", newer: "newer than this program", drift: "of another schema" }[because];
    lines.push(
      `The database was ${why} and is kept as ${kept[0]}; an empty one is in its place.`,
      "The fleet is paused, since what was paused is not known any more: codemonkeys resume --fleet",
    );
  }
  if (params.adopt_database) {
    const done = await adoptDatabase(workplace);
    if (!done.ok) return done;
    lines.push("The database is this machine's now.");
  }
  return succeed(lines.length > 0 ? [...lines, ""] : lines);
}
