import * as z from "zod";
import { type Diagnostic, type Outcome, problem, type SourcePlace, succeed } from "../core/diagnostic.ts";
import { didYouMean } from "../core/suggest.ts";
import { type Located, readYaml } from "../core/yaml.ts";
import type { Priority } from "../swarm/states.ts";
import type { Spec } from "./spec.ts";
import { priority, tier } from "./spec-schema.ts";
import { slug } from "./spec-words.ts";

/** Capitals only: so that a pasted token, which nearly always has small letters, is not taken for a name. */
const VARIABLE = /^[A-Z_][A-Z0-9_]*$/;

const account = z
  .strictObject({
    token_env: z.string().optional().describe("the environment variable that holds the token"),
    secret: slug.optional().describe("the name of the token in the company's encrypted secrets file"),
    user: z.string().min(1).optional().describe("user name, where the service wants one beside the token"),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("address of the service, where it is not the public one"),
  })
  .describe("how one service is reached for one company; the token itself never stands here");

/** fleet.yaml of the organisation: whose products there are and where they run. */
export const fleetSchema = z
  .strictObject({
    companies: z
      .record(
        slug,
        z.strictObject({
          name: z.string().min(1).optional().describe("the name as people write it"),
          accounts: z.record(slug, account).default({}).describe("by service: github, npm, pypi …"),
        }),
      )
      .default({}),
    products: z
      .record(
        slug,
        z.strictObject({
          company: slug,
          repo: z.string().min(1).describe("address or path of the git repository"),
          tier: tier.optional(),
          priority: priority.optional(),
        }),
      )
      .default({}),
    servers: z
      .record(
        slug,
        z.strictObject({
          company: slug,
          host: z
            .string()
            .regex(/^[A-Za-z0-9.:_-]+$/, "a host name or address")
            .describe("how Ansible reaches it"),
          port: z.int().min(1).max(65_535).optional().describe("SSH port, where it is not 22"),
          user: slug.optional().describe("who logs in"),
          labels: z.array(slug).default([]),
        }),
      )
      .default({}),
  })
  .describe("fleet.yaml");

export type Fleet = z.output<typeof fleetSchema>;
export type FleetProduct = Fleet["products"][string];

/** Reads fleet.yaml; all problems at once, cross-references included. */
export function readFleet(text: string, options: { file: string; commit?: string }): Outcome<Located<Fleet>> {
  const read = readYaml(text, fleetSchema, { ...options, codes: "fleet" });
  if (!read.ok) return read;
  const diagnostics = [...checkCompanies(read.value), ...checkAccounts(read.value), ...checkRepositories(read.value)];
  return diagnostics.length > 0 ? { ok: false, diagnostics } : read;
}

function checkCompanies({ value, place }: Located<Fleet>): Diagnostic[] {
  const known = Object.keys(value.companies);
  return (["products", "servers"] as const).flatMap((kind) =>
    Object.entries(value[kind]).flatMap(([name, { company }]) => {
      if (Object.hasOwn(value.companies, company)) return [];
      const meant = didYouMean(company, known);
      return [
        problem(
          "config",
          "fleet.unknown_company",
          `${name} belongs to ${company}, which is no company of this fleet${meant ? `; did you mean ${meant}?` : ""}`,
          {
            where: place([kind, name, "company"]),
            next: known.length > 0 ? `the companies are: ${known.join(", ")}` : "list it under `companies`",
          },
        ),
      ];
    }),
  );
}

/** A pasted token must not be shown again: such a place comes without its excerpt. */
function blind({ excerpt: _, ...where }: SourcePlace): SourcePlace {
  return where;
}

function checkAccounts({ value, place }: Located<Fleet>): Diagnostic[] {
  return Object.entries(value.companies).flatMap(([company, { accounts }]) =>
    Object.entries(accounts).flatMap(([service, given]) => {
      const path = ["companies", company, "accounts", service];
      const found: Diagnostic[] = [];
      if ((given.token_env === undefined) === (given.secret === undefined)) {
        found.push(
          problem("config", "fleet.account_token", `the ${service} account needs either token_env or secret`, {
            where: place(path),
            next: "token_env names an environment variable, secret an entry of the encrypted secrets file",
          }),
        );
      }
      if (given.token_env !== undefined && !VARIABLE.test(given.token_env)) {
        found.push(
          problem(
            "config",
            "fleet.not_a_variable",
            `token_env of ${service} is not the name of an environment variable, in capitals`,
            {
              where: blind(place([...path, "token_env"])),
              next: "if a token stands there, remove it from the history and revoke it; then name the variable that holds it",
            },
          ),
        );
      }
      return found;
    }),
  );
}

function checkRepositories({ value, place }: Located<Fleet>): Diagnostic[] {
  const found: Diagnostic[] = [];
  const owners = new Map<string, string>();
  for (const [name, { repo }] of Object.entries(value.products)) {
    const where = place(["products", name, "repo"]);
    if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(repo)) {
      found.push(
        problem("config", "fleet.secret_in_url", `the repository address of ${name} holds a password`, {
          where: blind(where),
          next: "remove it from the history and revoke it; give the company a github account with token_env instead",
        }),
      );
    }
    const identity = repo.replace(/\/+$/, "").replace(/\.git$/, "");
    const other = owners.get(identity);
    if (other) {
      found.push(
        problem("config", "fleet.shared_repository", `${name} and ${other} name the same repository`, { where }),
      );
    }
    owners.set(identity, name);
  }
  return found;
}

/** How much a product matters, and who says so. */
export interface Standing {
  readonly tier: number;
  readonly priority: Priority;
  /** Where the tier is written; absent when it is the default. */
  readonly tierPlace?: SourcePlace;
}

const DEFAULT_TIER = 2;
const DEFAULT_PRIORITY: Priority = "medium";

/** Tier and priority of a product. The organisation's word counts before the product's own. */
export function standingOf(spec: Located<Spec>, fleet: Located<Fleet>): Standing {
  const entry = productEntry(fleet.value, spec.value.product);
  const tierPlace =
    entry?.tier !== undefined
      ? fleet.place(["products", spec.value.product, "tier"])
      : spec.value.tier !== undefined
        ? spec.place(["tier"])
        : undefined;
  return {
    tier: entry?.tier ?? spec.value.tier ?? DEFAULT_TIER,
    priority: entry?.priority ?? spec.value.priority ?? DEFAULT_PRIORITY,
    ...(tierPlace ? { tierPlace } : {}),
  };
}

export function productEntry(fleet: Fleet, product: string): FleetProduct | undefined {
  return Object.hasOwn(fleet.products, product) ? fleet.products[product] : undefined;
}

/**
 * Holds a product's spec against the fleet. Company and tier decide what the constitution allows, so a spec that claims
 * others than the organisation's is refused; an unknown dependency or server is refused too. Where an inventory or the
 * product's infrastructure may know a server (`othersKnow`), only a deployment can tell.
 */
export function checkAgainstFleet(
  spec: Located<Spec>,
  fleet: Located<Fleet>,
  othersKnow: (environment: string) => boolean = () => false,
): Outcome<void> {
  const { value, place } = spec;
  const found: Diagnostic[] = [];
  const report = (path: (string | number)[], code: string, message: string, next: string | undefined) =>
    found.push(problem("config", `spec.${code}`, message, { where: place(path), ...(next ? { next } : {}) }));
  const known = Object.keys(fleet.value.products);
  const entry = productEntry(fleet.value, value.product);
  const hint = (word: string, words: string[], what: string) => {
    const meant = didYouMean(word, words);
    if (meant) return `did you mean ${meant}?`;
    return what === "products"
      ? "list it in the organisation's fleet.yaml, as codemonkeys init does, and commit that"
      : `add it to ${what} in the organisation's fleet.yaml, and commit that`;
  };
  if (!entry) {
    report(
      ["product"],
      "unknown_product",
      `${value.product} is no product of this fleet`,
      hint(value.product, known, "products"),
    );
  } else {
    if (entry.company !== value.company) {
      report(
        ["company"],
        "other_company",
        `fleet.yaml says that ${value.product} belongs to ${entry.company}, not to ${value.company}`,
        "the organisation's fleet.yaml decides: change the spec, or have fleet.yaml changed",
      );
    }
    if (entry.tier !== undefined && value.tier !== undefined && entry.tier !== value.tier) {
      report(
        ["tier"],
        "other_tier",
        `fleet.yaml says tier ${entry.tier}, the spec says tier ${value.tier}`,
        "the organisation's fleet.yaml decides: change the spec, or leave its tier out",
      );
    }
  }
  value.dependencies.forEach((name, index) => {
    if (productEntry(fleet.value, name)) return;
    report(
      ["dependencies", index],
      "unknown_dependency",
      `${name} is no product of this fleet`,
      hint(name, known, "products"),
    );
  });
  value.deploy.forEach((target, at) => {
    target.servers.forEach((name, index) => {
      if (othersKnow(target.environment) || Object.hasOwn(fleet.value.servers, name)) return;
      const next = hint(name, Object.keys(fleet.value.servers), "servers");
      report(["deploy", at, "servers", index], "unknown_server", `${name} is no server of this fleet`, next);
    });
  });
  return found.length > 0 ? { ok: false, diagnostics: found } : succeed(undefined);
}
