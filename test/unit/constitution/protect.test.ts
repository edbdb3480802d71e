import { describe, expect, test } from "vitest";
import { approvalMode, failsScan, limitsFor, sharedWith, waiverFor } from "../../../src/constitution/limits.ts";
import { isProtectedBranch, protectedPaths } from "../../../src/constitution/protect.ts";
import { constitution } from "./support.ts";

describe("protected paths", () => {
  const policy = constitution("[]", 'protect: ["legal/**", "!test/generated/**", "*.lock"]');
  test.each([
    "SPEC.md",
    "constitution.yaml",
    ".codemonkeys/config.yaml",
    "packages/a/.codemonkeys/config.yaml",
    "test/a.ts",
    "packages/a/test/deep/b.ts",
    "src/a.test.ts",
    "tests/test_refund.py",
    "pkg/test_refund.py",
    "Jenkinsfile",
    ".github/workflows/ci.yml",
    "secrets/prod.sops.yaml",
    "legal/terms.md",
    "yarn.lock",
    "./test/a.ts",
    "src/../test/a.ts",
    "TEST/a.ts",
    "jenkinsfile",
    "test\\a.ts",
    "../elsewhere.ts",
    "/etc/passwd",
    "C:\\x",
    "src/../../x",
  ])("%s", (path) => {
    expect(protectedPaths(policy, [path])).toEqual([path]);
  });
  test.each(["src/a.ts", "README.md", "test/generated/a.ts", "src/testing/a.ts", "docs/spec.md", "src/latest.ts"])(
    "not %s",
    (path) => {
      expect(protectedPaths(policy, [path])).toEqual([]);
    },
  );
  test("are protected without any word in the constitution", () => {
    expect(protectedPaths(constitution("[]"), ["test/a.ts", "src/a.ts"])).toEqual(["test/a.ts"]);
  });
});

test("protected branches", () => {
  const policy = constitution("[]", 'protected_branches: [trunk, "release/**"]');
  expect(["trunk", "release/1/x"].every((branch) => isProtectedBranch(policy, branch))).toBe(true);
  expect(["main", "feature/trunk"].some((branch) => isProtectedBranch(policy, branch))).toBe(false);
  expect(isProtectedBranch(constitution("[]"), "main")).toBe(true);
});

test("limits, approval modes, thresholds", () => {
  const policy = constitution(
    "[]",
    "limits: { heal: { lines: 120 } }\napprovals: { tier0: final, default: checkpoints }\nsecurity: { fail_on: medium }",
  );
  expect(limitsFor(policy, "heal")).toEqual({ lines: 120 });
  expect(limitsFor(policy, "release")).toEqual({});
  expect([approvalMode(policy, 0), approvalMode(policy, 7), approvalMode(constitution("[]"), 0)]).toEqual([
    "final",
    "checkpoints",
    "auto",
  ]);
  const fails = (severity: "unrated" | "low" | "medium" | "critical") =>
    failsScan(policy, { kind: "vulnerability", severity, fixed: true });
  expect([fails("low"), fails("medium"), fails("critical"), fails("unrated")]).toEqual([false, true, true, true]);
});

test("a waiver counts for its finding and products, through its last day", () => {
  const policy = constitution(
    "[]",
    "security: { waivers: [{ id: CVE-1, until: 2027-01-31, because: not reachable, by: security, products: [payments] }] }",
  );
  const waived = (id: string, product: string, date: string) => {
    const found = waiverFor(policy, { ids: ["GHSA-0", id], product }, date);
    return found && (found.over ? "over" : found.waiver.because);
  };
  expect(waived("CVE-1", "payments", "2027-01-31")).toBe("not reachable");
  expect(waived("CVE-1", "payments", "2027-02-01")).toBe("over");
  expect(waived("CVE-1", "shop", "2027-01-01")).toBeUndefined();
  expect(waived("CVE-2", "payments", "2027-01-01")).toBeUndefined();
});

test("companies see only what is shared with them", () => {
  const policy = constitution("[]", "sharing: [{ companies: [acme, globex], what: [templates] }]");
  expect(sharedWith(policy, "acme", "templates")).toEqual(["acme", "globex"]);
  expect(sharedWith(policy, "acme", "patterns")).toEqual(["acme"]);
  expect(sharedWith(policy, "initech", "templates")).toEqual(["initech"]);
});
