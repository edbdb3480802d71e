import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import { checkoutOf, renderSeed, type Seed, type SeedOptions } from "../../../src/pipeline/seed.ts";

const ONE: SeedOptions = { zones: "one", sortsByPriority: false, pipelines: {} };

function seed(
  fleet: string,
  before?: string,
  options = ONE,
): Seed & { readonly codes: string[]; readonly scripts: string[] } {
  const read = readFleet(fleet, { file: "fleet.yaml" });
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const rendered = renderSeed(read.value, before, options);
  if (!rendered.ok) throw new Error(JSON.stringify(rendered.diagnostics));
  const jobs = parse(rendered.value.file.text).jobs as { script: string }[];
  return {
    ...rendered.value,
    codes: rendered.warnings.map(({ code }) => code),
    scripts: jobs.map(({ script }) => script),
  };
}

const FLEET = `
companies:
  acme:
    name: "Acme's \${HOME} shop"
    accounts:
      github: { token_env: ACME_GITHUB, user: bot }
      npm: { secret: npm }
      crates_io: { token_env: ACME_CRATES }
  umbrella: {}
products:
  payments: { company: acme, priority: high, repo: "https://git.example/acme/payments.git" }
  virus: { company: umbrella, repo: "git@git.example:umbrella/virus.git" }
`;

const idsOf = (script = "") => [...script.matchAll(/appendNode\('id', '([\w-]+)'\)/g)].map(([, id]) => id);

describe("the fleet's jobs", () => {
  test("are a folder for each company, with its system jobs, and a multibranch job for each product", () => {
    const { scripts, removed, codes } = seed(FLEET);
    expect(scripts.map((script) => script.split("\n")[0])).toEqual([
      "folder('acme') {",
      "folder('acme/_system') {",
      "folder('umbrella') {",
      "folder('umbrella/_system') {",
      "multibranchPipelineJob('acme/payments') {",
      "multibranchPipelineJob('umbrella/virus') {",
    ]);
    expect([removed, codes]).toEqual([[], []]);
  });

  test("hold a company's credentials in its own folder only, and its checkout's beside them", () => {
    const { scripts } = seed(FLEET);
    expect(idsOf(scripts[0])).toEqual(["codemonkeys-checkout", "codemonkeys-crates-io", "codemonkeys-github"]);
    expect(scripts[0]).toContain("appendNode('username', 'bot')");
    for (const other of scripts.slice(1, 4)) expect(idsOf(other)).toEqual([]);
    expect(scripts[4]).toContain("credentialsId('codemonkeys-checkout')");
    expect(scripts[5]).not.toContain("credentialsId");
  });

  test("with two zones: keys in the act half's folder only, away from what runs product code, the checkout by a token of its own, act jobs from the organisation", () => {
    const { scripts } = seed(FLEET, undefined, { ...ONE, zones: "two" });
    expect(idsOf(scripts[0])).toEqual(["codemonkeys-checkout"]);
    expect(scripts[0]).toContain("acme_checkout_token");
    expect(scripts[0]).not.toContain("acme_github_token");
    expect([idsOf(scripts[1]), scripts[1]?.includes("names = ['heal', 'ship']\n")]).toEqual([[], true]);
    expect(scripts[2]?.split("\n")[0]).toBe("folder('acme/_act') {");
    expect(idsOf(scripts[2])).toEqual(["codemonkeys-crates-io", "codemonkeys-github"]);
    expect(scripts[2]).toMatch(
      /names = \['land', 'publish', 'deploy', 'apply', 'watch'\].*remote \{ url\(organisation\[0\]\) \}/s,
    );
    expect(seed(FLEET).scripts.join()).not.toContain("'land'");
  });

  test("are sorted by priority where the controller can, products of a similar name apart", () => {
    expect(seed(FLEET).file.text).not.toContain("priority");
    const { file } = seed(FLEET, undefined, { ...ONE, sortsByPriority: true });
    const { jobGroups } = parse(file.text).unclassified.priorityConfiguration;
    expect(jobGroups[0]).toMatchObject({
      id: 0,
      priority: 2,
      jobGroupStrategy: { folderBased: { folderName: "acme/payments/" } },
    });
    expect(jobGroups[1]).toMatchObject({ id: 1, priority: 3, jobGroupStrategy: "allJobs" });
    expect(jobGroups).toHaveLength(2);
  });

  test("are checked out with the company's token over https only", () => {
    const fleet = readFleet(FLEET, { file: "fleet.yaml" });
    if (!fleet.ok) throw new Error("no fleet");
    const of = (company: string, repo: string) => checkoutOf(fleet.value.value, { company, repo });
    expect(of("acme", "https://git.example/x.git")).toBe("codemonkeys-checkout");
    expect([of("acme", "git@git.example:x.git"), of("umbrella", "https://git.example/x.git")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("name secrets, never values, and pass them where no quote can end a string", () => {
    const { scripts } = seed(FLEET);
    const secrets = [...(scripts[0] as string).matchAll(/appendNode\('(?:secret|password)', (.*)\)$/gm)];
    expect(secrets.map((match) => match[1])).toEqual([
      "new String('${base64:${acme_github_token}}'.decodeBase64(), 'UTF-8')",
      "new String('${base64:${acme_crates_io_token}}'.decodeBase64(), 'UTF-8')",
      "new String('${base64:${acme_github_token}}'.decodeBase64(), 'UTF-8')",
    ]);
  });

  test("leave what people wrote alone in both languages that read it", () => {
    expect(seed(FLEET).scripts[0]).toContain("displayName('Acme\\'s ^${HOME} shop')");
  });

  test("of a product that left the fleet stay, disabled, however often they are written again", () => {
    const first = seed(FLEET);
    const smaller = FLEET.replace(/ {2}virus: .*\n/, "");
    const second = seed(smaller, first.file.text);
    expect(second.removed).toEqual(["umbrella/virus"]);
    const script = second.scripts.find((one) => one.startsWith("multibranchPipelineJob('umbrella/virus')")) as string;
    expect(script).toContain("remote('git@git.example:umbrella/virus.git')");
    expect(script).toContain("configure { it / disabled(true) }");
    expect(seed(smaller, second.file.text).file.text).toBe(second.file.text);
    const back = seed(FLEET, second.file.text);
    expect(back.file.text).toBe(first.file.text);
  });

  test("are not named by what somebody wrote into the file by hand", () => {
    const edited = seed(FLEET).file.text.replace("# known: {", '# known: {"acme/invented":"https://x.example",');
    expect(seed(FLEET, edited).removed).toEqual([]);
  });

  test("leave out a repository that no agent can reach, and say so", () => {
    const { scripts, codes } = seed("companies: { home: {} }\nproducts: { x: { company: home, repo: ../x } }\n");
    expect(scripts).toHaveLength(2);
    expect(codes).toEqual(["seed.local_repository"]);
  });
});
