import { expect, test } from "vitest";
import type { Scanner, ScannerFinding } from "../../../src/core/security.ts";
import { mergeSightings, type Sighting } from "../../../src/pillars/scan/merge.ts";
import { baseScore } from "../../../src/tools/cargo-audit/cvss.ts";

const sighting = (scanner: Scanner, id: string, more: Partial<ScannerFinding & Sighting> = {}): Sighting => ({
  scanner,
  id,
  aliases: [],
  kind: "vulnerability",
  severity: "unrated",
  score: undefined,
  title: id,
  package: "left-pad",
  installed: "1.0.0",
  fixedIn: [],
  path: "lock",
  url: undefined,
  in: "source",
  digest: null,
  ...more,
});
const ids = (...all: Sighting[]) => mergeSightings(all).map(({ id, sources }) => `${id} ${sources.join("+")}`);

test("one that knows both ids ties the others together, in any order", () => {
  const parts = [
    sighting("npm-audit", "GHSA-a"),
    sighting("trivy", "CVE-1"),
    sighting("pip-audit", "PYSEC-1", { aliases: ["GHSA-a", "CVE-1"] }),
  ] as const;
  const [a, b, c] = parts;
  for (const order of [
    [a, b, c],
    [a, c, b],
    [c, a, b],
    [b, c, a],
  ]) {
    const merged = mergeSightings(order);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({ id: "CVE-1", aliases: ["GHSA-a", "PYSEC-1"] });
  }
});

test("the same advisory of another package, version or artefact is another finding", () => {
  const one = sighting("trivy", "CVE-1");
  expect(ids(one, { ...one, package: "right-pad" })).toHaveLength(2);
  expect(ids(one, { ...one, installed: "2.0.0" })).toHaveLength(2);
  expect(ids(one, { ...one, in: "x.tgz" })).toHaveLength(2);
  expect(ids(one, { ...one, scanner: "pip-audit", package: "Left_Pad" })).toEqual(["CVE-1 trivy+pip-audit"]);
});

test("the worst rating, the highest score and every fixed version count", () => {
  const merged = mergeSightings([
    sighting("pip-audit", "CVE-1", { fixedIn: ["1.1"], score: 3 }),
    sighting("trivy", "CVE-1", { severity: "critical", fixedIn: ["1.1", "2.0"], score: 9.8, title: "Worse" }),
  ]);
  expect(merged).toMatchObject([{ severity: "critical", score: 9.8, title: "Worse", fixed_in: ["1.1", "2.0"] }]);
});

test("base scores are those of the specification's examples", () => {
  const scores = {
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
    "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10,
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
    "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H": 5.5,
    "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:N": 3.7,
    "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0,
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": undefined,
    "CVSS:3.1/AV:N": undefined,
  };
  expect(Object.fromEntries(Object.keys(scores).map((vector) => [vector, baseScore(vector)]))).toEqual(scores);
});
