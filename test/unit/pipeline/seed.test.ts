import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readFleet } from "../../../src/pipeline/fleet.ts";
import { renderSeed, type Seed } from "../../../src/pipeline/seed.ts";

function seed(fleet: string, before?: string): Seed & { readonly codes: string[]; readonly scripts: string[] } {
  const read = readFleet(fleet, { file: "fleet.yaml" });
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const rendered = renderSeed(read.value, before);
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
    accounts: { github: { token_env: ACME_GITHUB, user: bot }, npm: { secret: npm } }
  umbrella: {}
products:
  payments: { company: acme, repo: "https://git.example/acme/payments.git" }
  virus: { company: umbrella, repo: "git@git.example:umbrella/virus.git" }
`;

describe("the fleet's jobs", () => {
  test("are a folder for each company and a multibranch job for each product, one script each", () => {
    const { scripts, removed, codes } = seed(FLEET);
    expect(scripts.map((script) => script.split("\n")[0])).toEqual([
      "folder('acme') {",
      "folder('umbrella') {",
      "multibranchPipelineJob('acme/payments') {",
      "multibranchPipelineJob('umbrella/virus') {",
    ]);
    expect([removed, codes]).toEqual([[], []]);
  });

  test("hold a company's credentials in its own folder only, and its checkout's beside them", () => {
    const { scripts } = seed(FLEET);
    expect(scripts[0]).toContain("appendNode('id', 'codemonkeys-npm')");
    expect(scripts[0]).toContain("appendNode('username', 'bot')");
    expect(scripts[1]).not.toContain("appendNode");
    expect(scripts[2]).toContain("credentialsId('codemonkeys-checkout')");
    expect(scripts[3]).not.toContain("credentialsId");
  });

  test("name secrets, never values, and pass them where no quote can end a string", () => {
    const { scripts } = seed(FLEET);
    const secrets = [...(scripts[0] as string).matchAll(/appendNode\('(?:secret|password)', (.*)\)$/gm)];
    expect(secrets.map((match) => match[1])).toEqual([
      "new String('${base64:${acme_github_token}}'.decodeBase64(), 'UTF-8')",
      "new String('${base64:${acme_github_token}}'.decodeBase64(), 'UTF-8')",
      "new String('${base64:${acme_npm_token}}'.decodeBase64(), 'UTF-8')",
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
    const script = second.scripts.find((one) => one.includes("umbrella/virus")) as string;
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
    expect(scripts).toHaveLength(1);
    expect(codes).toEqual(["seed.local_repository"]);
  });
});
