import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/core/diagnostic.ts";
import { actingFor } from "../../../src/pillars/acting.ts";
import { releaseConditions } from "../../../src/pillars/release/conditions.ts";
import { keyId, openEnvelope, readPublicKey } from "../../../src/pillars/release/dsse.ts";
import { BUILD_TYPE, keepProvenance, provenanceOf } from "../../../src/pillars/release/provenance.ts";
import { planNow } from "../../../src/pillars/release/release.ts";
import type { ReleaseArtifact } from "../../../src/pillars/release/report.ts";
import { verifyProvenance } from "../../../src/pillars/release/verify.ts";
import { productRepository } from "../../../src/pipeline/session-git.ts";
import type { Run } from "../../../src/swarm/journal.ts";
import { must, releaseWorld, type World } from "./world.ts";

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
    sboms: [{ name: "sbom.cdx.json", in: "source", format: "cyclonedx", digest: "b".repeat(64) }],
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

describe("the statement of a release", () => {
  const pair = (kind: "ed25519" | "ec") => {
    const { privateKey, publicKey } =
      kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
    return {
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    };
  };
  let world: World;
  afterEach(() => world.close());
  const keep = async (config: string, environment: Record<string, string> = {}) => {
    world = await releaseWorld({
      front: "packages: [{ ecosystem: npm, path: . }]",
      files: { "package.json": '{ "name": "payments", "version": "1.0.0" }' },
    });
    const session = await world.session({
      config,
      environment: { JENKINS_URL: "https://me:secret@ci.acme.example/jenkins/", ...environment },
    });
    const plan = must(await planNow(session));
    const run = {
      id: "r-1",
      startedAt: 0,
      attempt: 1,
      step: (_name: string, work: () => unknown) => work(),
    } as unknown as Run;
    const facts = must(await releaseConditions(session, must(await productRepository(session)), plan, undefined));
    const acting = actingFor(session, run, "release", facts);
    const of = (artifacts: ReleaseArtifact[]) =>
      keepProvenance(acting, { repository: world.place.origin, plan, artifacts, edits: [], sboms: [] });
    const text = async (digest: string) => Buffer.from(must(await session.artifacts.read(digest))).toString();
    return { of, text };
  };
  const mine = artifact({ package: "payments" });
  const codes = (outcome: Outcome<unknown>) => (outcome.ok ? "" : outcome.diagnostics[0]?.code);

  test("is kept in the store, the same however often it is made, and is said to be unsigned without a key", async () => {
    const { of, text } = await keep("");
    expect(must(await of([]))).toEqual([]);
    const [kept] = must(await of([mine]));
    expect(kept).toMatchObject({ name: "v1.0.0.intoto.json", files: ["acme-tool-1.2.0.tgz"], signed: false });
    expect(must(await of([mine]))[0]?.digest).toBe(kept?.digest);
    const statement = await text(kept?.digest ?? "");
    expect(JSON.parse(statement).predicate.runDetails.builder.id).toBe("https://ci.acme.example/jenkins/");
    expect(statement).not.toContain("secret");
    expect(world.told()).toContain("done provenance of 1 file kept, unsigned");
  });

  test.each(["ed25519", "ec"] as const)(
    "is signed with the %s key that the configuration names, and verified with its public half",
    async (kind) => {
      const { privateKey, publicKey } = pair(kind);
      const { of, text } = await keep("ship: { provenance: { key_env: SIGNING_KEY } }", {
        SIGNING_KEY: privateKey.replaceAll("\n", "\\n"),
      });
      const [kept] = must(await of([mine]));
      expect(kept).toMatchObject({ name: "v1.0.0.intoto.jsonl", signed: true });
      const key = must(readPublicKey(publicKey, "release.pub"));
      expect(kept?.key).toBe(keyId(key));
      const envelope = await text(kept?.digest ?? "");
      expect(JSON.parse(must(openEnvelope(envelope, key, "x")).toString()).subject[0].name).toBe(
        "pkg:npm/payments@1.2.0",
      );
      const other = must(readPublicKey(pair(kind).publicKey, "other.pub"));
      expect(codes(openEnvelope(envelope, other, "x"))).toBe("provenance.not_signed_by_key");
      const parsed = JSON.parse(envelope);
      const place = join(world.place.root, "verify");
      mkdirSync(place);
      writeFileSync(join(place, "v.intoto.jsonl"), envelope);
      writeFileSync(join(place, "release.pub"), publicKey);
      writeFileSync(join(place, "other.tgz"), "x");
      const paths = { statement: join(place, "v.intoto.jsonl"), key: join(place, "release.pub") };
      expect(must(await verifyProvenance({ ...paths, files: [] }))).toMatchObject({
        key: kept?.key,
        repository: world.place.origin,
        version: "1.0.0",
        commit: world.git("rev-parse", "HEAD"),
        run: "r-1",
      });
      expect(codes(await verifyProvenance({ ...paths, files: [join(place, "other.tgz")] }))).toBe(
        "provenance.other_file",
      );
      const forged = {
        ...parsed,
        payload: Buffer.from(Buffer.from(parsed.payload, "base64").toString().replace("1.2.0", "6.6.6")).toString(
          "base64",
        ),
      };
      expect(codes(openEnvelope(JSON.stringify(forged), key, "x"))).toBe("provenance.not_signed_by_key");
      expect(codes(openEnvelope(JSON.stringify({ ...parsed, payloadType: "text/plain" }), key, "x"))).toBe(
        "provenance.not_signed_by_key",
      );
    },
  );

  test.each([
    ["is not set", {}, "publish.no_token"],
    ["is no key", { SIGNING_KEY: "hello" }, "provenance.bad_key"],
    [
      "is of another kind",
      {
        SIGNING_KEY: generateKeyPairSync("rsa", { modulusLength: 2048 })
          .privateKey.export({ type: "pkcs8", format: "pem" })
          .toString(),
      },
      "provenance.bad_key",
    ],
  ])("stops the release where the key %s", async (_says, environment: Record<string, string>, code) => {
    const { of } = await keep("ship: { provenance: { key_env: SIGNING_KEY } }", environment);
    const kept = await of([mine]);
    expect(codes(kept)).toBe(code);
    expect(JSON.stringify(kept)).not.toContain("hello");
  });
});
