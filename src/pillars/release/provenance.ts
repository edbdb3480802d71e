import { canonicalJson, type Json } from "../../core/canonical.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { task } from "../../core/events.ts";
import { VERSION } from "../../core/version.ts";
import type { OpenProduct, Session } from "../../pipeline/session.ts";
import { type Acting, permitFor } from "../acting.ts";
import { billsFor } from "../scan/bills.ts";
import { readSource, type SecretSource } from "../secrets/source.ts";
import { readSigningKey, type SigningKey, signStatement } from "./dsse.ts";
import type { ReleaseArtifact, ReleasePlan, ReleaseProvenance, ReleaseScan, ReleaseUnit } from "./report.ts";
import type { ReleaseWork } from "./work.ts";

/** Names how this program builds; docs/releasing.md says what its parameters mean. */
export const BUILD_TYPE = "urn:codemonkeys:release:v1";
/** The builder where no CI server says that it runs the program. */
const THIS_MACHINE = "urn:codemonkeys:builder:machine";

export interface ProvenanceInput {
  /** The repository's identity: its remote URL, else its path. */
  readonly repository: string;
  readonly plan: Pick<ReleasePlan, "product" | "branch" | "commit">;
  readonly unit: Pick<ReleaseUnit, "name" | "version" | "tag">;
  readonly artifacts: readonly ReleaseArtifact[];
  /** The files that the release itself wrote before it built, by digest. */
  readonly edits: ReleaseWork["edits"];
  readonly sboms: ReleaseScan["sboms"];
  readonly run: string;
  /** Address of the CI server that runs the program. */
  readonly builder: string | undefined;
}

/**
 * The in-toto statement of a unit's artefacts: who built which bytes, of which commit. Statement v1
 * (https://in-toto.io/Statement/v1) with SLSA's provenance v1 (https://slsa.dev/provenance/v1); npm packages are named
 * by their purl and SHA-512, as npm's own provenance does. It holds no times, so that the same release has the same
 * statement however often it was resumed.
 */
export function provenanceOf(input: ProvenanceInput): Json {
  const { plan, unit } = input;
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: input.artifacts.flatMap(subjectsOf),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          repository: input.repository,
          ref: `refs/heads/${plan.branch}`,
          product: plan.product,
          unit: unit.name,
          version: unit.version,
          tag: unit.tag,
        },
        resolvedDependencies: [
          { uri: `${gitUri(input.repository)}@refs/heads/${plan.branch}`, digest: { gitCommit: plan.commit } },
          ...input.edits.map(({ path, digest }) => ({ name: path, digest: { sha256: digest } })),
        ],
      },
      runDetails: {
        builder: { id: input.builder ?? THIS_MACHINE, version: { codemonkeys: VERSION } },
        metadata: { invocationId: input.run },
        byproducts: input.sboms.map(({ name, digest }) => ({ name, digest: { sha256: digest } })),
      },
    },
  };
}

function subjectsOf({ ecosystem, package: name, version, file, sha256, sha512, manifest }: ReleaseArtifact): Json[] {
  const bytes = { sha256, sha512 };
  if (ecosystem === "npm") {
    return [{ name: `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${version}`, digest: bytes }];
  }
  // Registries know an image by its manifest only; the archive is what the store has.
  const image = manifest === undefined ? [] : [{ name: `${name}:${version}`, digest: { sha256: manifest } }];
  return [...image, { name: file, digest: bytes }];
}

function gitUri(repository: string): string {
  if (repository.startsWith("/")) return `git+file://${repository}`;
  return /^[a-z+]+:\/\//.test(repository)
    ? `git+${repository.replace(/^git\+/, "")}`
    : `git+ssh://${repository.replace(":", "/")}`;
}

/** Where the key is that provenance is signed with; undefined: nobody set one up, and it is kept unsigned. */
export function provenanceKey({ config }: OpenProduct): SecretSource | undefined {
  const secret = config.get("ship.provenance.key_secret");
  if (secret !== undefined) {
    return { kept: "encrypted", name: secret, from: "ship.provenance.key_secret", owners: ["company"] };
  }
  const variable = config.get("ship.provenance.key_env");
  return variable === undefined ? undefined : { kept: "environment", name: variable, from: "ship.provenance.key_env" };
}

async function signingKey(acting: Acting): Promise<Outcome<SigningKey | undefined>> {
  const source = provenanceKey(acting.product);
  if (!source) return succeed(undefined);
  const asking = {
    session: acting.session,
    permit: (target: { names: string[] }) => permitFor(acting, "secret.read", target),
  };
  const text = await readSource(asking, source, "key that provenance is signed with");
  return text.ok ? readSigningKey(text.value, source.from) : text;
}

/**
 * Writes the statement of each unit that built something into the artefact store: as a DSSE envelope where a key is
 * configured, else bare and said to be unsigned, since it proves nothing then to somebody who does not trust the store.
 */
export async function keepProvenance(
  acting: Acting,
  release: Pick<ProvenanceInput, "repository" | "edits" | "sboms"> & {
    readonly plan: ReleasePlan;
    readonly artifacts: readonly ReleaseArtifact[];
  },
): Promise<Outcome<ReleaseProvenance[]>> {
  const { session, run } = acting;
  const { plan, artifacts } = release;
  const units = plan.units.flatMap((unit) => {
    const mine = artifacts.filter(({ ecosystem, package: name }) =>
      unit.packages.some((pkg) => pkg.ecosystem === ecosystem && pkg.name === name),
    );
    return mine.length === 0 ? [] : [{ unit, artifacts: mine }];
  });
  if (units.length === 0) return succeed([]);
  return await run.step("provenance", () =>
    task(
      session.emit,
      "release.provenance",
      "provenance",
      async () => {
        const key = await signingKey(acting);
        if (!key.ok) return key;
        const builder = builderOf(session.environment.JENKINS_URL);
        const kept: ReleaseProvenance[] = [];
        for (const { unit, artifacts: mine } of units) {
          const sboms = billsFor(mine, artifacts, release.sboms);
          const statement = provenanceOf({ ...release, unit, artifacts: mine, sboms, run: run.id, builder });
          const one = await keepStatement(session, unit, statement, key.value);
          if (!one.ok) return one;
          kept.push({ ...one.value, files: mine.map(({ file }) => file) });
        }
        return succeed(kept);
      },
      (done) => {
        if (!done.ok) return { state: acting.asked ? "held" : "failed" };
        const how = done.value.every(({ signed }) => signed) ? "signed and kept" : "kept, unsigned";
        return { title: `provenance of ${artifacts.length} file${artifacts.length === 1 ? "" : "s"} ${how}` };
      },
    ),
  );
}

/** One unit's statement in the store. A line of JSON is what tools call `.intoto.jsonl` when it is signed. */
async function keepStatement(
  session: Session,
  unit: Pick<ReleaseUnit, "name" | "tag">,
  statement: Json,
  key: SigningKey | undefined,
): Promise<Outcome<Omit<ReleaseProvenance, "files">>> {
  const bare = Buffer.from(`${canonicalJson(statement)}\n`, "utf8");
  const bytes = key ? Buffer.from(`${canonicalJson(signStatement(bare, key))}\n`, "utf8") : bare;
  const stored = await session.artifacts.put(bytes);
  if (!stored.ok) return stored;
  return succeed({
    unit: unit.name,
    name: `${unit.tag.replaceAll(/[^A-Za-z0-9._-]+/g, "-")}.intoto.${key ? "jsonl" : "json"}`,
    digest: stored.value.digest,
    signed: key !== undefined,
    ...(key ? { key: key.id } : {}),
  });
}

/** Jenkins' own address, without credentials that somebody may have written into it. */
function builderOf(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, origin, pathname } = new URL(address);
  return /^https?:$/.test(protocol) ? `${origin}${pathname}` : undefined;
}
