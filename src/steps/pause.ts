import * as z from "zod";
import { pauseWork, resumeWork } from "../constitution/pausing.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Session } from "../pipeline/session.ts";
import type { PauseScope } from "../swarm/pauses.ts";
import { defineStep } from "./definition.ts";

const scopeParams = {
  of: z.string().optional().describe("a product"),
  company: z.string().optional().describe("all products of a company"),
  fleet: z.boolean().default(false).describe("everything"),
};

export const pauseStep = defineStep({
  name: "pause",
  summary: "Hold every act of a product, a company or the fleet until resume",
  description:
    "Every gate asks for pauses first. What is under way ends; nothing new is allowed. Logged with who and why.",
  examples: [
    { command: "codemonkeys pause --of payments --reason 'incident 42'", says: "one product" },
    { command: "codemonkeys pause --fleet --reason 'freeze until Monday'", says: "everything" },
  ],
  params: z.object({ ...scopeParams, reason: z.string().min(1).describe("why; shown wherever something is refused") }),
  result: z.object({ scope: z.string(), reason: z.string(), by: z.string() }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, params) {
    const scope = scopeOf(session, params);
    if (!scope.ok) return scope;
    const paused = await pauseWork(session, { of: scope.value, reason: params.reason, by: session.requester });
    if (!paused.ok) return paused;
    return succeed({
      data: { scope: nameOf(scope.value), reason: paused.value.reason, by: paused.value.by },
      summary: `${nameOf(scope.value)} is paused by ${paused.value.by}: ${paused.value.reason}`,
    });
  },
});

export const resumeStep = defineStep({
  name: "resume",
  summary: "End a pause of a product, a company or the fleet",
  description: "Ends exactly this scope's pause; a wider one stays.",
  examples: [{ command: "codemonkeys resume --of payments", says: "payments may act again" }],
  params: z.object(scopeParams),
  result: z.object({ scope: z.string(), ended: z.int() }),
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "organisation",
  async run(session, params) {
    const scope = scopeOf(session, params);
    if (!scope.ok) return scope;
    const ended = await resumeWork(session, { of: scope.value, by: session.requester });
    if (!ended.ok) return ended;
    const said = ended.value > 0 ? "is no longer paused" : "was not paused";
    return succeed({
      data: { scope: nameOf(scope.value), ended: ended.value },
      summary: `${nameOf(scope.value)} ${said}`,
    });
  },
});

function scopeOf(
  session: Session,
  params: { readonly of?: string | undefined; readonly company?: string | undefined; readonly fleet: boolean },
): Outcome<PauseScope> {
  const given = [params.of, params.company, params.fleet || undefined].filter((one) => one !== undefined);
  if (given.length !== 1) {
    return fail(
      problem("config", "params.scope", "say what: exactly one of --of PRODUCT, --company COMPANY and --fleet"),
    );
  }
  if (params.fleet) return succeed({ scope: "fleet" });
  const { companies, products } = session.organisation.fleet.value;
  if (params.company !== undefined) {
    if (Object.hasOwn(companies, params.company)) return succeed({ scope: "company", company: params.company });
    return fail(problem("config", "params.company", `the fleet has no company ${params.company}`));
  }
  const product = params.of ?? "";
  const company = Object.hasOwn(products, product) ? products[product]?.company : undefined;
  if (company) return succeed({ scope: "product", company, product });
  return fail(problem("config", "params.product", `the fleet has no product ${product}`));
}

function nameOf(scope: PauseScope): string {
  return scope.scope === "fleet" ? "the fleet" : scope.scope === "company" ? `company ${scope.company}` : scope.product;
}
