import { expect, test } from "vitest";
import { BUILD_TYPE, keepProvenance, provenanceOf } from "../../../src/pillars/release/provenance.ts";
import { planNow } from "../../../src/pillars/release/release.ts";
import type { ReleaseArtifact } from "../../../src/pillars/release/report.ts";
import type { Run } from "../../../src/swarm/journal.ts";
import { must, releaseWorld } from "./world.ts";

const artifact = (more: Partial<ReleaseArtifact>): ReleaseArtifact => ({
  ecosystem: "npm",
  package: "@acme/tool",
  version: "1.2.0",
  file: "acme-tool-1.2.0.tgz",
  size: 3,
  sha1: "1".repeat(40),
  sha256: "2".repeat(64),
  sha512: "5".repeat(128),
  ...more,
});

const statement = (artifacts: ReleaseArtifact[], more: { repository?: string; builder?: string } = {}) =>
  provenanceOf({
    repository: "https://github.com/acme/tool",
    plan: { product: "tool", branch: "main", commit: "a".repeat(40) },
    unit: { name: "tool", version: "1.2.0", tag: "v1.2.0" },
    artifacts,
    edits: [{ path: "package.json", digest: "e".repeat(64) }],
    sboms: [{ name: "sbom.cdx.json", format: "cyclonedx", digest: "b".repeat(64) }],
    run: "r-1",
    builder: undefined,
    ...more,
  });

test("a statement names every file as its registry does, the commit and what the release wrote", () => {
  const image = artifact({ ecosystem: "docker", package: "acme/tool", file: "tool.oci.tar", manifest: "d".repeat(64) });
  expect(statement([artifact({}), artifact({ ecosystem: "pypi", file: "tool-1.2.0.tar.gz" }), image])).toEqual({
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      // The spelling of npm's own provenance: the purl's scope is percent-encoded.
      { name: "pkg:npm/%40acme/tool@1.2.0", digest: { sha256: "2".repeat(64), sha512: "5".repeat(128) } },
      { name: "tool-1.2.0.tar.gz", digest: { sha256: "2".repeat(64), sha512: "5".repeat(128) } },
      { name: "acme/tool:1.2.0", digest: { sha256: "d".repeat(64) } },
      { name: "tool.oci.tar", digest: { sha256: "2".repeat(64), sha512: "5".repeat(128) } },
    ],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          repository: "https://github.com/acme/tool",
          ref: "refs/heads/main",
          product: "tool",
          unit: "tool",
          version: "1.2.0",
          tag: "v1.2.0",
        },
        resolvedDependencies: [
          { uri: "git+https://github.com/acme/tool@refs/heads/main", digest: { gitCommit: "a".repeat(40) } },
          { name: "package.json", digest: { sha256: "e".repeat(64) } },
        ],
      },
      runDetails: {
        builder: { id: "urn:codemonkeys:builder:machine", version: { codemonkeys: "source" } },
        metadata: { invocationId: "r-1" },
        byproducts: [{ name: "sbom.cdx.json", digest: { sha256: "b".repeat(64) } }],
      },
    },
  });
});

test.each([
  ["git@github.com:acme/tool.git", "git+ssh://git@github.com/acme/tool.git@refs/heads/main"],
  ["/srv/git/tool.git", "git+file:///srv/git/tool.git@refs/heads/main"],
  ["ssh://git@host:2222/tool", "git+ssh://git@host:2222/tool@refs/heads/main"],
])("%s is a source that others can fetch", (repository, uri) => {
  expect(JSON.stringify(statement([artifact({})], { repository, builder: "https://ci.acme.example/" }))).toContain(
    `{"uri":"${uri}"`,
  );
});

test("the statement of a release is kept in the store, the same however often it is made, and is said to be unsigned", async () => {
  const world = await releaseWorld({
    front: "packages: [{ ecosystem: npm, path: . }]",
    files: { "package.json": '{ "name": "payments", "version": "1.0.0" }' },
  });
  try {
    const session = await world.session({ environment: { JENKINS_URL: "https://me:secret@ci.acme.example/jenkins/" } });
    const run = { id: "r-1", step: (_name: string, work: () => unknown) => work() } as unknown as Run;
    const plan = must(await planNow(session));
    const of = (artifacts: ReleaseArtifact[]) =>
      keepProvenance(session, run, { repository: world.place.origin, plan, artifacts, edits: [], sboms: [] });
    expect(must(await of([]))).toEqual([]);
    const [kept] = must(await of([artifact({ package: "payments" })]));
    expect(kept).toMatchObject({ name: "v1.0.0.intoto.json", files: ["acme-tool-1.2.0.tgz"], signed: false });
    expect(must(await of([artifact({ package: "payments" })]))[0]?.digest).toBe(kept?.digest);
    const text = Buffer.from(must(await session.artifacts.read(kept?.digest ?? ""))).toString();
    expect(JSON.parse(text).predicate.runDetails.builder.id).toBe("https://ci.acme.example/jenkins/");
    expect(text).not.toContain("secret");
    expect(world.told()).toContain("done provenance of 1 file kept, unsigned");
  } finally {
    await world.close();
  }
});
