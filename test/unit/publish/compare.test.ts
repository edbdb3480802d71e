import { expect, test } from "vitest";
import type { Artifact, PublishedFile } from "../../../src/ecosystems/ecosystem.ts";
import { compareFiles } from "../../../src/pillars/publish/compare.ts";

const artifact = (file: string, digest: string): Artifact => ({
  file,
  size: 1,
  sha1: `1${digest}`,
  sha256: `2${digest}`,
  sha512: `5${digest}`,
});
const shown = (file: string, digest: string, algorithm: PublishedFile["algorithm"] = "sha256"): PublishedFile => ({
  file,
  algorithm,
  digest,
});
const wheel = artifact("a.whl", "a");
const sdist = artifact("a.tar.gz", "b");

test("a registry without the version lacks every file", () => {
  expect(compareFiles("x", [wheel, sdist], undefined)).toMatchObject({
    value: { missing: ["a.whl", "a.tar.gz"], same: [] },
  });
});

test("files are compared by the digest that the registry tells", () => {
  expect(compareFiles("x", [wheel, sdist], [shown("a.whl", "2a")])).toMatchObject({
    value: { missing: ["a.tar.gz"], same: ["a.whl"] },
  });
  expect(compareFiles("x", [wheel], [shown("other-name.tgz", "5a", "sha512")])).toMatchObject({
    value: { same: ["a.whl"] },
  });
  expect(compareFiles("x", [wheel], [shown("a.whl", "1a", "sha1")])).toMatchObject({ value: { same: ["a.whl"] } });
});

test("other bytes under our name are never overwritten", () => {
  expect(compareFiles("x", [wheel, sdist], [shown("a.whl", "2a"), shown("a.tar.gz", "2x")])).toMatchObject({
    ok: false,
    diagnostics: [{ code: "publish.other_bytes", kind: "product" }],
  });
});
