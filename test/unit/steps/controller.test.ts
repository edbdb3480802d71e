import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { STEPS } from "../../../src/steps/index.ts";

const root = join(import.meta.dirname, "../../..");
const text = await readFile(join(root, "jcasc/jenkins.yaml"), "utf8");
const config = parse(text);

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

  it("has each credential that a step looks for", () => {
    const there = config.credentials.system.domainCredentials[0].credentials.map(
      (entry: Record<string, { id: string }>) => Object.values(entry)[0]?.id,
    );
    const wanted = STEPS.filter((step) => step.jenkinsName).flatMap((step) =>
      step.credentials.map((need) => need.credentialsId),
    );
    expect(new Set(there)).toEqual(new Set(wanted));
  });

  it("makes a job of each system pipeline, in a script that the configuration's own interpolation leaves alone", async () => {
    const script: string = config.jobs[0].script;
    const names = (await readdir(join(root, "jenkinsfiles"))).map((name) => name.replace(".Jenkinsfile", ""));
    expect(
      [...(/\[(.*)\]\.each/.exec(script)?.[1] ?? "").matchAll(/'([a-z]+)'/g)].map((match) => match[1]).sort(),
    ).toEqual(names.sort());
    for (const [, name] of script.matchAll(/\$\{([^}]*)\}/g)) expect(name).toMatch(/^CODEMONKEYS_[A-Z_]+$/);
  });

  it("says what the pages tell people to write", async () => {
    const page = await readFile(join(root, "docs/jenkins/index.md"), "utf8");
    const snippets = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, snippet]) => parse(snippet ?? ""));
    expect(snippets.length).toBe(3);
    for (const snippet of snippets) expect(config).toMatchObject(asPart(snippet));
  });

  it("names a Node tool and the library as the pages do", async () => {
    expect(config.tool.nodejs.installations[0].name).toBe("Node 24");
    expect(config.unclassified.globalUntrustedLibraries.libraries[0].name).toBe("codemonkeys");
    expect(await readFile(join(root, "docs/jenkins/index.md"), "utf8")).toContain("'Node 24'");
  });
});
