import { readFile } from "node:fs/promises";
import * as z from "zod";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { approvalClaimSchema } from "../org/jenkins-approvals.ts";
import type { GivenByFile } from "./given.ts";

const own = z.object({
  product: z.string().optional(),
  dry_run: z.boolean().default(false),
  approvals: z.array(approvalClaimSchema).default([]),
  half: z.enum(["work", "act"]).optional(),
  take: z.string().optional(),
  digests: z
    .union([z.array(z.string()), z.string().transform((text) => text.split(/\s+/).filter((one) => one !== ""))])
    .optional(),
});

/** Reads the JSON file that `--params-file` names. */
export async function readParamsFile(path: string): Promise<Outcome<GivenByFile>> {
  const where = { file: path };
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const what = error instanceof SyntaxError ? `${path} is not JSON` : "cannot read the parameters";
    return fail(problem("config", "params.file", `${what}: ${messageOf(error)}`, { where }));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(problem("config", "params.file", `${path} must hold one JSON object`, { where }));
  }
  const read = own.safeParse(value);
  if (!read.success) {
    const problems = read.error.issues.map((issue) =>
      problem("config", "params.invalid", `${issue.path.join(".")}: ${issue.message}`, { where }),
    );
    return fail(...problems);
  }
  const params = Object.entries(value).filter(([name]) => !Object.hasOwn(own.shape, name));
  const { product, dry_run: dryRun, approvals, ...half } = read.data;
  return succeed({ params: Object.fromEntries(params), product, dryRun, approvals, half });
}
