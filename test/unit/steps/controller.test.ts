import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ECOSYSTEMS } from "../../../src/ecosystems/index.ts";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import { renderSeed } from "../../../src/pipeline/seed.ts";
import { STEPS } from "../../../src/steps/index.ts";

const root = join(import.meta.dirname, "../../..");
const text = await readFile(join(root, "jcasc/jenkins.yaml"), "utf8");
const config = parse(text);

/** What the fleet's file adds for the given fleet, with two zones. */
const pipelines = Object.fromEntries(
  (await readdir(join(root, "jenkinsfiles"))).map((name) => [
    name,
    readFileSync(join(root, "jenkinsfiles", name), "utf8"),
  ]),
);

function seeds(fleet: string, zones: "one" | "two" = "two"): string {
  const read = readFleet(fleet, { file: "fleet.yaml" });
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const rendered = renderSeed(read.value, undefined, { zones, sortsByPriority: true, pipelines });
  return rendered.ok ? rendered.value.file.text : "";
}

/** A snippet's lists need only be part of the whole one's. */
function asPart(value: unknown): Record<string, unknown> {
  const part = (one: unknown): unknown => {
    if (Array.isArray(one))
      return expect.arrayContaining(one.map((item) => expect.objectContaining(part(item) as object)));
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, member]) => [key, part(member)]));
  };
  return part(value) as Record<string, unknown>;
}

describe("the controller's configuration", () => {
  it("gives nobody rights who has not logged in, and no agent work on the controller", () => {
    expect(config.jenkins.securityRealm.local.allowsSignup).toBe(false);
    expect(JSON.stringify(config.jenkins.authorizationStrategy)).not.toContain("anonymous");
    expect(config.jenkins.numExecutors).toBe(0);
  });

  it("takes every secret from a file and holds none", () => {
    const secrets = [...text.matchAll(/^\s*(?:password|secret): (.*)$/gm)].map((match) => match[1]);
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of secrets) expect(secret).toMatch(/^"\$\{[a-z_]+\}"$/);
  });

  it("holds the controller's own credentials, and a company's folder each other one that a step looks for", () => {
    const there: string[] = config.credentials.system.domainCredentials[0].credentials.map(
      (entry: Record<string, { id: string }>) => Object.values(entry)[0]?.id,
    );
    expect(there).toEqual(["codemonkeys-jenkins", "codemonkeys-webhook-token"]);
    const services = [
      "github",
      ...Object.values(ECOSYSTEMS).map(({ account }) => account),
      "webhook",
      "webhook_secret",
      "provenance_key",
    ];
    const accounts = services.map((service) => `${service}: { token_env: T }`).join(", ");
    const ids = [...seeds(`companies: { acme: { accounts: { ${accounts} } } }`).matchAll(/'id', '([\w-]+)'/g)];
    const wanted = STEPS.filter((step) => step.jenkinsName).flatMap((step) =>
      step.credentials.map((need) => need.credentialsId),
    );
    const own = new Set([...there, ...ids.map(([, id]) => id)]);
    expect([...new Set(wanted)].filter((id) => !own.has(id))).toEqual([]);
  });

  it("makes a job of each system pipeline, in scripts that the configuration's own interpolation leaves alone", async () => {
    const company = (zones: "one" | "two") => seeds("companies: { acme: {} }", zones);
    const scripts = `${config.jobs[0].script}${company("two")}`;
    const namesIn = (text: string) =>
      [...text.matchAll(/def names = \[(.*)\]/g)].flatMap(([, list]) => list?.match(/[a-z]+/g) ?? []);
    expect(namesIn(company("one"))).toEqual(["heal", "ship", "watch"]);
    // With two zones the job watch runs the act half's file.
    const listed = namesIn(scripts).flatMap((name) => (name === "watch" ? [name, "watch-act"] : [name]));
    const single = [...scripts.matchAll(/jenkinsfiles\/([a-z]+)\.Jenkinsfile/g)].map(([, name]) => name as string);
    const names = (await readdir(join(root, "jenkinsfiles"))).map((name) => name.replace(".Jenkinsfile", ""));
    expect([...listed, ...single].sort()).toEqual(names.sort());
    // What nobody declared Jenkins drops from the first trigger.
    for (const [name, text] of Object.entries(pipelines)) {
      const declared = new RegExp(`^ *${name.split(/[.-]/)[0]}: \\[(.*)\\],$`, "m").exec(scripts)?.[1] ?? "";
      const names = [...text.matchAll(/(?:string|booleanParam)\(name: '(\w+)'/g)].map(([, one]) => one);
      if (name !== "fleet.Jenkinsfile") expect([...declared.matchAll(/(\w+): /g)].map(([, one]) => one)).toEqual(names);
    }
    for (const [, name] of scripts.matchAll(/\$\{([^}]*)\}/g)) expect(name).toMatch(/^CODEMONKEYS_[A-Z_]+$/);
    // A lightweight checkout, as these are, takes a bare name for a branch's.
    for (const [, ref] of scripts.matchAll(/ branch\((.*)\)/g)) expect(ref).toMatch(/^'refs\/|^protectedRef$/);
  });

  it("lets no product's build onto the agents that hold keys", () => {
    const act = config.jenkins.nodes.find((node: { permanent: { labelString: string } }) =>
      node.permanent.labelString.includes("codemonkeys-act"),
    );
    const { regexExpression } =
      act.permanent.nodeProperties[0].jobRestrictionProperty.jobRestriction.regexNameRestriction;
    const whole = new RegExp(`^(?:${regexExpression})$`);
    expect(whole.test("acme/_act/land/part of acme » _act » land #3")).toBe(true);
    expect(whole.test("acme/payments/_act%2Fx/part of it")).toBe(false);
    expect(whole.test("acme/_system/heal/part of acme » _system » heal #3")).toBe(false);
    expect(whole.test("acme/payments/main/part of acme » payments » main #3")).toBe(false);
  });

  it("says what the pages tell people to write", async () => {
    const page = await readFile(join(root, "docs/jenkins/index.md"), "utf8");
    const snippets = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, snippet]) => parse(snippet ?? ""));
    expect(snippets.length).toBe(4);
    for (const snippet of snippets) expect(config).toMatchObject(asPart(snippet));
  });

  it("names a Node tool and the library as the pages do", async () => {
    expect(config.tool.nodejs.installations[0].name).toBe("Node 24");
    expect(config.unclassified.globalUntrustedLibraries.libraries[0].name).toBe("codemonkeys");
    expect(await readFile(join(root, "docs/jenkins/index.md"), "utf8")).toContain("'Node 24'");
  });
});
