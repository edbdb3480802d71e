import * as z from "zod";
import { localTime } from "../constitution/calendar.ts";
import { checkConstitution } from "../constitution/check.ts";
import type { Constitution } from "../constitution/constitution.ts";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { readConstitutionFile } from "../org/constitution-file.ts";
import type { Workplace } from "../pipeline/session.ts";
import { defineStep } from "./definition.ts";

export const constitutionCheck = defineStep({
  name: "constitution check",
  summary: "Check a constitution and run the tests of its rules",
  description:
    "Reads `constitution.yaml` (the organisation's at its protected ref, or a file before it is committed), type-checks every condition, runs the tests that stand in it, and reports rules that can never match or decide, rules that add nothing, actions that no rule allows, and waivers whose time is over.",
  examples: [
    { command: "codemonkeys constitution check", says: "the organisation's, at its protected ref" },
    { command: "codemonkeys constitution check constitution.yaml", says: "this file, before you commit it" },
  ],
  params: z.object({ file: z.string().optional().describe("a constitution in a file; without it the organisation's") }),
  positional: ["file"],
  result: z.object({
    file: z.string(),
    commit: z.string().optional(),
    rules: z.int(),
    tests: z.object({ passed: z.int(), failed: z.int() }),
    never_allowed: z.array(z.string()),
  }),
  credentials: [],
  tools: ["git"],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { file }) {
    const read = await findConstitution(workplace, file);
    if (!read.ok) return read;
    const constitution = read.value;
    const today = () => localTime(workplace.clock.now(), constitution.timeZone).date;
    const report = checkConstitution(constitution, today);
    const errors = report.diagnostics.filter(({ severity }) => severity === "error");
    const passed = report.tests.filter((test) => test.passed).length;
    const written = constitution.rules.filter(({ implied }) => !implied).length;
    const where = `${constitution.file}${constitution.commit ? ` at ${constitution.commit.slice(0, 7)}` : ""}`;
    return succeed(
      {
        ...(errors.length > 0 ? { verdict: "failure" as const, kind: "config" as const } : {}),
        diagnostics: report.diagnostics,
        data: {
          file: constitution.file,
          ...(constitution.commit ? { commit: constitution.commit } : {}),
          rules: written,
          tests: { passed, failed: report.tests.length - passed },
          never_allowed: [...report.neverAllowed],
        },
        summary: `${where}: ${written} rules, ${passed} of ${report.tests.length} tests pass`,
      },
      read.warnings,
    );
  },
});

/** The constitution of a file, or of the organisation at its protected ref. */
export async function findConstitution(workplace: Workplace, file: string | undefined): Promise<Outcome<Constitution>> {
  if (file !== undefined) return readConstitutionFile(workplace.cwd, file);
  const { environment, homes, redactor, signal } = workplace;
  const [{ readUserConfig }, { readOrganisation }] = await Promise.all([
    import("../org/user-config.ts"),
    import("../org/organisation.ts"),
  ]);
  const user = await readUserConfig(homes, environment);
  if (!user.ok) return user;
  const found = await readOrganisation(user.value, { redactor, signal, acts: false });
  return found.ok ? succeed(found.value.organisation.constitution, found.warnings) : found;
}
