import { mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createRedactor } from "../../src/core/redact.ts";
import type { SecurityReport } from "../../src/pillars/scan/report.ts";
import { openArtifacts } from "../../src/swarm/artifacts.ts";
import { sbomOf, scanWithTrivy } from "../../src/tools/trivy/trivy.ts";
import { ociArchive } from "./oci-image.ts";
import { type ScanWorld, scanWorld } from "./scan-world.ts";

let world: ScanWorld;
beforeAll(async () => {
  world = await scanWorld();
});
afterAll(() => world.close());

async function report(...args: string[]): Promise<{ code: number | undefined; data: SecurityReport; codes: string[] }> {
  const { code, stdout } = await world.scan("scan", ...args, "--json");
  const { data, diagnostics } = JSON.parse(stdout);
  return { code, data, codes: diagnostics.map((one: { code: string }) => one.code) };
}

test("four scanners make one report; what two of them found is one finding; the product's own settings hide nothing", async () => {
  const { code, data } = await report("--out", "reports");
  expect(code).toBe(5);
  const shown = data.findings.map(({ id, severity, package: name, sources, fixed_in }) => ({
    id,
    severity,
    name,
    sources,
    fixed_in,
  }));
  expect(shown).toEqual([
    { id: "CVE-2021-23337", severity: "high", name: "lodash", sources: ["trivy", "npm-audit"], fixed_in: ["4.17.21"] },
    { id: "CVE-2019-10906", severity: "unrated", name: "jinja2", sources: ["pip-audit"], fixed_in: ["2.10.1"] },
    { id: "CVE-2020-26235", severity: "medium", name: "time", sources: ["cargo-audit"], fixed_in: [">=0.2.23"] },
    { id: "CVE-2020-28500", severity: "low", name: "lodash", sources: ["trivy"], fixed_in: ["4.17.21"] },
  ]);
  expect(data.findings.find(({ id }) => id === "CVE-2021-23337")?.aliases).toEqual(["GHSA-35jh-r3h4-6jhm"]);
  expect(data.findings.find(({ package: name }) => name === "time")?.score).toBe(5.5);
  expect(data).toMatchObject({ complete: true, clean: false, counts: { high: 2, medium: 1, low: 1, new: 2 } });
  const read = (name: string) => JSON.parse(readFileSync(join(world.product, "reports", name), "utf8"));
  expect(read("security.sarif").runs[0].results).toHaveLength(4);
  expect(read("payments.cdx.json")).toMatchObject({ bomFormat: "CycloneDX" });
  expect(read("payments.spdx.json").spdxVersion).toMatch(/^SPDX-2/);
  expect(readFileSync(join(world.product, "reports", "security.html"), "utf8")).toContain("CVE-2021-23337");
});

test("a waiver covers a finding by any of its ids until its last day; one that covers nothing is told", async () => {
  const waive = (id: string, until: string) =>
    `{ id: ${id}, until: ${until}, because: not reachable, by: security-team, products: [payments] }`;
  await world.policy(
    `{ unrated: low, waivers: [${waive("GHSA-35jh-r3h4-6jhm", "2999-01-31")}, ${waive("CVE-1999-0001", "2999-01-31")}] }`,
  );
  const { code, data, codes } = await report();
  expect([code, data.clean, data.counts.waived]).toEqual([0, true, 1]);
  expect(codes).toContain("scan.waiver_unused");
  await world.policy(`{ unrated: low, waivers: [${waive("GHSA-35jh-r3h4-6jhm", "2020-01-31")}] }`);
  const over = await world.scan("scan");
  expect(over.code).toBe(5);
  expect(over.stderr).toContain("the waiver of GHSA-35jh-r3h4-6jhm ended on 2020-01-31");
  expect(over.stderr).toContain("let security-team give it a new date and reason in constitution.yaml");
});

test("an old database is said", async () => {
  world.age("2020-01-01T00:00:00Z");
  const { data, codes } = await report();
  expect(data.stale).toContain("trivy");
  expect(codes).toContain("scan.stale");
  world.age(new Date().toISOString());
});

test("garbage, half an answer and a crash are failed scans, never clean ones", async () => {
  await world.policy("{ fail_on: none }");
  const outcomes: Record<string, unknown> = {};
  const attempt = async (name: string) => {
    const { code, data, codes } = await report();
    outcomes[name] = [
      code,
      data.clean,
      data.complete,
      codes.filter((one) => one.startsWith("scan.") && one !== "scan.stale"),
    ];
  };
  await attempt("all well");
  world.answerNpm("<html>maintenance</html>");
  await attempt("garbage from the registry");
  world.answerNpm(undefined);
  const take = world.standIn("cargo-audit", `printf '{"database":{},"lockfile":{"dependency-count":1}}'`);
  await attempt("half an answer");
  take();
  const crash = world.standIn("cargo-audit", "kill -SEGV $$");
  await attempt("a crash");
  crash();
  expect(outcomes).toEqual({
    "all well": [0, true, true, []],
    "garbage from the registry": [4, false, false, ["scan.scanner_failed"]],
    "half an answer": [4, false, false, ["scan.garbage"]],
    "a crash": [4, false, false, ["scan.scanner_failed"]],
  });
});

test("a release is refused with its findings before its first effect, and goes through once they are waived", async () => {
  await world.policy("{ unrated: low }", true);
  const refused = await world.scan("release", "--plain");
  expect(refused.code).toBe(5);
  expect(refused.stderr).toContain("1 finding over the threshold, 1 of them new since the last release");
  expect(refused.stderr).toContain(
    "high 7.2  CVE-2021-23337  lodash 4.17.4 (fixed in 4.17.21)  Command Injection in lodash  package-lock.json",
  );
  expect(await world.git("ls-remote", "--tags", world.origin)).toBe("");
  const waiver = (until: string) =>
    `{ unrated: low, waivers: [{ id: CVE-2021-23337, until: ${until}, because: not reachable, by: security-team }] }`;
  await world.policy(waiver("2020-01-31"), true);
  const over = await world.scan("release", "--plain");
  expect(over.code).toBe(5);
  expect(over.stderr).toContain("the waiver of CVE-2021-23337 ended on 2020-01-31");
  expect(over.stderr).toContain("let security-team give it a new date and reason in constitution.yaml");
  expect(await world.git("ls-remote", "--tags", world.origin)).toBe("");
  await world.policy(waiver("2999-01-31"), true);
  const { stdout, code } = await world.scan("release", "--json");
  const { data } = JSON.parse(stdout);
  expect([code, data.scan?.clean, data.scan?.counts.waived]).toEqual([0, true, 1]);
  expect(data.scan.sboms.map(({ name }: { name: string }) => name)).toEqual([
    "payments.cdx.json",
    "payments.spdx.json",
  ]);
  const [bill] = data.scan.sboms;
  expect(await openArtifacts(join(world.state, "artifacts")).read(bill.digest)).toMatchObject({ ok: true });
  expect(await world.git("ls-remote", "--tags", world.origin)).toContain("v1.0.0");
  const { data: after } = await report();
  expect(after.findings.map((one) => one.new)).toEqual([false, false, false, false]);
});

test("an image, as a release keeps it, is scanned for packages and secrets in its layers, and has a bill of materials", async () => {
  const folder = join(world.root, "image");
  mkdirSync(folder);
  const archive = ociArchive(folder, {
    "app/node_modules/lodash/package.json": '{ "name": "lodash", "version": "4.17.4" }',
    // A made-up one, put together here so that nobody finds it in this repository.
    "app/.env": `AWS_ACCESS_KEY_ID=${"AKIA"}${"QYLPMN5HFIQR7XYA"}\n`,
  });
  const options = {
    cache: join(world.root, "trivy"),
    offline: true,
    timeoutMs: 60_000,
    redactor: createRedactor(),
    signal: AbortSignal.timeout(60_000),
  };
  vi.stubEnv("PATH", world.environment.PATH as string);
  try {
    const scanned = await scanWithTrivy({ kind: "image", archive }, options);
    if (!scanned.ok) throw new Error(JSON.stringify(scanned.diagnostics));
    const found = scanned.value.findings.map(({ id, kind, package: name }) => [kind, id, name ?? ""]);
    expect(found).toContainEqual(["vulnerability", "CVE-2021-23337", "lodash"]);
    expect(found.some(([kind]) => kind === "secret")).toBe(true);
    for (const format of ["cyclonedx", "spdx-json"] as const) {
      const subject = { name: "acme/hello", version: "1.0.0", purl: "pkg:oci/hello@sha256%3Aabc?tag=1.0.0" };
      const bill = await sbomOf({ kind: "image", archive }, format, subject, options);
      expect(bill.ok && bill.value, format).toContain("lodash");
      expect(bill.ok && bill.value, format).toContain(subject.purl);
      // The scratch folder that Trivy looked at is nobody's business.
      expect(bill.ok && bill.value, format).not.toContain(tmpdir());
    }
  } finally {
    vi.unstubAllEnvs();
  }
});
