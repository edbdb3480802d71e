import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sha256 } from "../../../src/core/canonical.ts";
import { generateProduct } from "../../../src/pillars/generate/product.ts";
import { renderJenkinsfile } from "../../../src/pipeline/jenkinsfile.ts";
import type { Session } from "../../../src/pipeline/session.ts";
import { type Scratch, scratchSession } from "./scratch-session.ts";
import { codesOf, must } from "./support.ts";

const FRONT = "stages: { test: npm test }";
const BODY = `# Payments
Take card payments.
## Requirement: refunds are idempotent
- **Given** a refund, **when** it is sent again, **then** nothing is charged.
`;

let scratch: Scratch | undefined;
afterEach(async () => {
  await scratch?.close();
  scratch = undefined;
});

async function open(options: Parameters<typeof scratchSession>[1] = {}): Promise<Scratch> {
  scratch = await scratchSession(FRONT, { body: BODY, ...options });
  return scratch;
}

const run = (session: Session, options: { check?: boolean; force?: boolean } = {}) =>
  generateProduct(session, { check: false, force: false, ...options });
const read = (path: string) => readFileSync(join(scratch?.product ?? "", path), "utf8");

const ALL = [
  "Jenkinsfile",
  ".codemonkeys/config.schema.json",
  ".codemonkeys/config.yaml",
  "mkdocs.yml",
  "docs/index.md",
  "docs/development.md",
  "docs/requirements.md",
];

describe("generate", () => {
  it("writes what nobody should have to write, then has nothing to do", async () => {
    const { session, plan } = await open();
    const report = must(await run(session));
    expect(report.written).toEqual(ALL);
    expect(read("Jenkinsfile")).toBe(renderJenkinsfile(await plan()));
    expect(read(".codemonkeys/config.yaml")).toMatch(/^# yaml-language-server: \$schema=config\.schema\.json\n/);
    expect(JSON.parse(read(".codemonkeys/config.schema.json"))).toHaveProperty("properties.ship");
    expect(must(await run(session))).toMatchObject({ written: [], drift: [] });
    expect(must(await run(session, { check: true })).drift).toEqual([]);
  });

  it("writes under a permit for exactly these bytes, and the audit log has it", async () => {
    const { session } = await open();
    must(await run(session));
    const entries = must(await session.audit.entries());
    const decision = entries.find((entry) => entry.kind === "decision");
    expect(decision?.data).toMatchObject({
      action: "files.generate",
      answer: "allow",
      target: { paths: [...ALL].sort(), digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(entries.map((entry) => entry.kind)).toEqual(expect.arrayContaining(["effect.started", "effect.done"]));
  });

  it("writes nothing that the constitution does not allow", async () => {
    const { session, product } = await open({ constitution: "version: 1\n" });
    expect(codesOf(await run(session))).toEqual(["gate.no_match"]);
    expect(existsSync(join(product, "Jenkinsfile"))).toBe(false);
  });

  it("only plans in a dry run", async () => {
    const { session, product } = await open({ dryRun: true });
    expect(must(await run(session))).toMatchObject({ planned: ALL, written: [] });
    expect(existsSync(join(product, "Jenkinsfile"))).toBe(false);
  });

  it("tells with --check what is missing and stale, and writes nothing", async () => {
    const { session, withSpec } = await open();
    expect(must(await run(session, { check: true })).drift).toEqual(ALL);
    expect(existsSync(join(scratch?.product ?? "", "Jenkinsfile"))).toBe(false);
    must(await run(session));
    const later = withSpec("stages: { test: npm test, lint: npm run lint }", BODY);
    const before = read("Jenkinsfile");
    const report = must(await run(later, { check: true }));
    expect(report.files.filter((one) => one.state !== "current" && one.state !== "theirs")).toMatchObject([
      { file: { path: "Jenkinsfile" }, state: "stale" },
      { file: { path: "docs/development.md" }, state: "stale" },
    ]);
    expect(read("Jenkinsfile")).toBe(before);
    expect(must(await run(later)).written).toEqual(["Jenkinsfile", "docs/development.md"]);
    expect(read("Jenkinsfile")).toContain("stage: 'lint'");
  });

  it("does not lose an edit by hand of the Jenkinsfile: it says so and writes nothing, unless forced", async () => {
    const { session, write, withSpec } = await open();
    must(await run(session));
    const edited = read("Jenkinsfile").replace("agent none", "agent none // mine");
    write("Jenkinsfile", edited);
    const later = withSpec("stages: { test: make test }", BODY);
    expect(must(await run(later, { check: true })).drift).toEqual(["Jenkinsfile", "docs/development.md"]);
    const refused = await run(later);
    expect(refused.ok ? [] : refused.diagnostics).toMatchObject([
      {
        code: "generate.edited",
        kind: "product",
        where: { file: "Jenkinsfile" },
        next: expect.stringContaining("--force"),
      },
    ]);
    expect(read("Jenkinsfile")).toBe(edited);
    expect(read("docs/development.md")).not.toContain("make test");
    must(await run(later, { force: true }));
    expect(read("Jenkinsfile")).not.toContain("// mine");
  });

  it("does not overwrite a Jenkinsfile that was there before it", async () => {
    const { session, write } = await open();
    write("Jenkinsfile", "pipeline { agent any }\n");
    expect(codesOf(await run(session))).toEqual(["generate.foreign"]);
    expect(read("Jenkinsfile")).toBe("pipeline { agent any }\n");
  });

  it("leaves pages to the person who edited, wrote or deleted them", async () => {
    const { session, write, withSpec, product } = await open();
    write("docs/index.md", "# Mine\n");
    must(await run(session));
    expect(read("docs/index.md")).toBe("# Mine\n");
    // An edit takes a generated page over; so does rearranging the site, for pages that were deleted then.
    const mine = read("docs/development.md").replace("# Development", "# How we work");
    write("docs/development.md", mine);
    write("mkdocs.yml", "site_name: Ours\n");
    rmSync(join(product, "docs/requirements.md"));
    const later = withSpec("stages: { test: make test }", BODY.replace("card", "all"));
    expect(must(await run(later)).written).toEqual(["Jenkinsfile"]);
    expect(read("docs/development.md")).toBe(mine);
    expect(read("mkdocs.yml")).toBe("site_name: Ours\n");
    expect(existsSync(join(product, "docs/requirements.md"))).toBe(false);
    expect(must(await run(later, { check: true })).drift).toEqual([]);
  });

  it("keeps a config file as it is, and takes mkdocs.yaml and docs/README.md for what they are", async () => {
    const { session, write, product } = await open();
    write(".codemonkeys/config.yaml", "git: { main_branch: trunk }\n");
    write("mkdocs.yaml", "site_name: x\n");
    write("docs/README.md", "# x\n");
    must(await run(session));
    expect(read(".codemonkeys/config.yaml")).toBe("git: { main_branch: trunk }\n");
    expect(existsSync(join(product, "mkdocs.yml"))).toBe(false);
    expect(existsSync(join(product, "docs/index.md"))).toBe(false);
  });

  it("does not mistake git's line ends for an edit", async () => {
    const { session, write } = await open();
    must(await run(session));
    for (const path of ALL) write(path, read(path).replaceAll("\n", "\r\n"));
    expect(must(await run(session, { check: true })).drift).toEqual([]);
  });

  it.each([
    ["a folder on the way", "docs"],
    ["the file itself", "Jenkinsfile"],
    ["a dangling one", "mkdocs.yml"],
  ])("follows no symbolic link: %s", async (what, path) => {
    const { session, root, product } = await open();
    const outside = join(root, "outside");
    if (path === "docs") mkdirSync(outside);
    else if (what !== "a dangling one") writeFileSync(outside, "precious");
    symlinkSync(outside, join(product, path));
    const before = existsSync(outside) && path !== "docs" ? sha256(readFileSync(outside)) : undefined;
    expect(new Set(codesOf(await run(session, { force: true })))).toEqual(new Set(["generate.unsafe_path"]));
    if (before) expect(sha256(readFileSync(outside))).toBe(before);
    expect(existsSync(join(outside, "index.md"))).toBe(false);
    expect(existsSync(join(product, ".codemonkeys"))).toBe(false);
  });
});
