import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import type { Json } from "../core/canonical.ts";
import { fail, messageOf, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import { pictureOf } from "../pillars/heal/template/picture.ts";
import { templateSchema } from "../pillars/heal/template/template.ts";
import type { Session } from "../pipeline/session.ts";
import {
  commitsOfTemplate,
  type ListedTemplate,
  listTemplates,
  revokeTemplate,
  saveTemplate,
} from "../swarm/templates.ts";
import { defineStep } from "./definition.ts";

const shownSchema = z.object({
  id: z.string(),
  company: z.string(),
  pattern: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  trust: z.number(),
  worked: z.int(),
  failed: z.int(),
  learned_in: z.string().optional(),
  learned_at: z.string().optional(),
  adds: z.array(z.string()).describe("what its use brings in; the constitution asks people about these"),
  revoked: z.string().optional().describe("why, where it is out of use"),
  edit: z.unknown().optional(),
});
const exportSchema = z.object({
  version: z.literal(1),
  templates: z.array(
    z.object({ pattern: z.string().min(1), ecosystem: z.string().min(1), edit: templateSchema }).strict(),
  ),
});
const resultSchema = z.object({
  templates: z.array(shownSchema),
  commits: z
    .array(z.object({ product: z.string(), commit: z.string(), run: z.string(), at: z.iso.datetime() }))
    .describe("every commit that the shown or revoked template made"),
  exported: exportSchema.optional(),
});
type Result = z.infer<typeof resultSchema>;

export const healTemplatesStep = defineStep({
  name: "heal templates",
  summary: "List, show, export, import and revoke what heal has learned",
  description:
    "`list` shows the templates of a company with their trust; `show ID` one with its edit and every commit it made; `export` prints them as JSON without any text of the products they were learned in; `import FILE` takes such a file over, at the lowest trust; `revoke ID --because WHY` takes one out of use for good and lists every commit that it made.",
  examples: [
    { command: "codemonkeys heal templates", says: "what is known, the most trusted first" },
    { command: "codemonkeys heal templates export --json", says: "for another fleet" },
    { command: "codemonkeys heal templates revoke t-3f09 --because 'hides a fault'", says: "never again" },
  ],
  params: z.object({
    do: z.enum(["list", "show", "export", "import", "revoke"]).default("list").describe("what to do"),
    of: z.string().optional().describe("the template's id; for import the file; for export one id, or all without it"),
    company: z.string().optional().describe("the company; needed for import where there are several"),
    because: z.string().optional().describe("why a template is revoked"),
  }),
  positional: ["do", "of"],
  result: resultSchema,
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, params) {
    const companies = companiesOf(session, params.company);
    if (!companies.ok) return companies;
    const done = await carryOut(session, { ...params, companies: companies.value });
    return done.ok ? succeed({ data: done.value, ...linesOf(done.value, params.do) }) : done;
  },
});

interface Wanted {
  readonly do: "list" | "show" | "export" | "import" | "revoke";
  readonly of?: string | undefined;
  readonly because?: string | undefined;
  readonly companies: readonly string[];
}

async function carryOut(session: Session, wanted: Wanted): Promise<Outcome<Result>> {
  if (wanted.do === "import") return importFile(session, wanted);
  const needsId = wanted.do === "show" || wanted.do === "revoke";
  if (needsId && wanted.of === undefined)
    return missing("which template?", `codemonkeys heal templates ${wanted.do} ID`);
  const found = await listTemplates(session.swarm, { companies: wanted.companies, id: wanted.of });
  if (!found.ok) return found;
  const [only] = found.value;
  if (wanted.of !== undefined && !only) {
    return fail(
      problem("config", "swarm.unknown_template", `there is no template ${wanted.of}`, {
        next: "codemonkeys heal templates lists them",
      }),
    );
  }
  if (wanted.do === "list") return succeed({ templates: found.value.map((one) => shown(one)), commits: [] });
  if (wanted.do === "export") {
    const usable = found.value.filter(({ revoked }) => revoked === undefined);
    const templates = usable.map(({ pattern, ecosystem, edit }) => ({
      pattern,
      ecosystem,
      edit: templateSchema.parse(edit),
    }));
    return succeed({ templates: usable.map((one) => shown(one)), commits: [], exported: { version: 1, templates } });
  }
  const template = only as ListedTemplate;
  if (wanted.do === "revoke") {
    if (!wanted.because)
      return missing("why is it revoked?", `codemonkeys heal templates revoke ${template.id} --because WHY`);
    const { company } = template;
    const data = { template: template.id, because: wanted.because };
    const logged = await session.audit.append({
      company,
      requester: session.requester,
      kind: "state.template_revoked",
      data,
    });
    if (!logged.ok) return logged;
    const revoked = await revokeTemplate(session.swarm, template.id, wanted.because);
    if (!revoked.ok) return revoked;
  }
  const commits = await commitsOfTemplate(session.swarm, template.id, wanted.companies);
  if (!commits.ok) return commits;
  const now =
    wanted.because && wanted.do === "revoke" ? { ...template, revoked: { at: 0, because: wanted.because } } : template;
  return succeed({
    templates: [{ ...shown(now), edit: template.edit }],
    commits: commits.value.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
  });
}

/** Templates from elsewhere: known, but nothing vouches for them here, so that they start without any success. */
async function importFile(session: Session, { of, companies }: Wanted): Promise<Outcome<Result>> {
  const [company, other] = companies;
  if (of === undefined) return missing("which file?", "codemonkeys heal templates import FILE");
  if (company === undefined || other !== undefined) return missing("for which company?", "add --company NAME");
  let read: z.ZodSafeParseResult<z.infer<typeof exportSchema>>;
  try {
    const json: unknown = JSON.parse(await readFile(resolve(session.cwd, of), "utf8"));
    // The result of `export --json` holds the same under `data.exported`.
    const inner = (json as { data?: { exported?: unknown } } | null)?.data?.exported;
    read = exportSchema.safeParse(inner ?? json);
  } catch (error) {
    return fail(
      problem("config", "heal.templates_unreadable", `cannot read templates from ${of}: ${messageOf(error)}`),
    );
  }
  if (!read.success) {
    const issue = read.error.issues[0];
    return fail(
      problem(
        "config",
        "heal.templates_unreadable",
        `${of} holds no templates: ${issue?.path.join(".")}: ${issue?.message}`,
        {
          next: "codemonkeys heal templates export --json makes such a file",
        },
      ),
    );
  }
  const ids: string[] = [];
  for (const { pattern, ecosystem, edit } of read.data.templates) {
    const saved = await saveTemplate(session.swarm, {
      company,
      pattern,
      ecosystem,
      edit: edit as unknown as Json,
      source: "learned",
    });
    if (!saved.ok) return saved;
    ids.push(saved.value);
  }
  const known = await listTemplates(session.swarm, { companies: [company] });
  if (!known.ok) return known;
  return succeed({ templates: known.value.filter(({ id }) => ids.includes(id)).map((one) => shown(one)), commits: [] });
}

function companiesOf(session: Session, wanted: string | undefined): Outcome<readonly string[]> {
  const known = Object.keys(session.organisation.fleet.value.companies);
  if (wanted === undefined) return succeed(known);
  if (known.includes(wanted)) return succeed([wanted]);
  return missing(`there is no company ${wanted}`, `the companies are ${known.join(", ")}`);
}

function missing(message: string, next: string): Outcome<never> {
  return fail(problem("config", "heal.templates_what", message, { next }));
}

function shown(template: ListedTemplate): Result["templates"][number] {
  const { id, company, pattern, ecosystem, source, trust, worked, failed, learnedFrom, revoked } = template;
  const edit = templateSchema.safeParse(template.edit);
  return {
    id,
    company,
    pattern,
    ecosystem,
    source,
    trust,
    worked,
    failed,
    ...(learnedFrom ? { learned_in: learnedFrom.product, learned_at: learnedFrom.commit } : {}),
    adds: edit.success ? edit.data.adds : [],
    ...(revoked ? { revoked: revoked.because } : {}),
  };
}

function linesOf({ templates, commits, exported }: Result, did: Wanted["do"]) {
  if (exported) {
    const text = JSON.stringify(exported, null, 2);
    return { summary: `${exported.templates.length} templates`, display: text.split("\n") };
  }
  const lines = templates.map((one) => {
    const state = one.revoked === undefined ? `trust ${one.trust.toFixed(2)}` : `revoked: ${one.revoked}`;
    const by = one.source === "person" ? " from a person" : "";
    const from = one.learned_in ? `, learned${by} in ${one.learned_in} at ${one.learned_at?.slice(0, 7)}` : "";
    const adds = one.adds.length > 0 ? `, adds ${one.adds.join(" and ")}` : "";
    return `${one.id}  ${one.ecosystem} ${one.pattern}  ${state}, worked ${one.worked}, failed ${one.failed}${from}${adds}`;
  });
  if (templates.length === 0) lines.push("nothing has been learned yet");
  if (did === "show" || did === "revoke") {
    lines.push(commits.length === 0 ? "it has made no commit" : `it made ${commits.length} commits:`);
    for (const { product, commit, run } of commits)
      lines.push(`  ${product} ${commit.slice(0, 12)}  codemonkeys undo ${run}`);
  }
  const edit = did === "show" ? templateSchema.safeParse(templates[0]?.edit) : undefined;
  if (edit?.success) lines.push(...pictureOf(edit.data));
  return { summary: lines.join("\n"), display: lines };
}
