import { type Diagnostic, type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import type { BillSubject } from "../../tools/trivy/bill.ts";
import { sbomOf, type TrivyTarget } from "../../tools/trivy/trivy.ts";
import { trivyOptions } from "./options.ts";
import type { Collected, Sbom } from "./report.ts";

/** A built file in the artefact store, and what it is known as. */
export interface ScannedArtifact {
  readonly file: string;
  readonly sha256: string;
  readonly package: string;
  readonly version: string;
  /** Of an image: SHA-256 of its manifest. */
  readonly manifest?: string | undefined;
}

/** What a scan says of the commit itself, beside the files that were built of it. */
export const SOURCE = "source";

/** Images are kept as OCI layouts in a tar; packages of all other ecosystems are compressed. */
export function isImage(file: string): boolean {
  return file.endsWith(".tar");
}

/** One thing that gets bills of materials. */
interface Bill {
  readonly in: string;
  /** Their file name up to the format's ending. */
  readonly stem: string;
  readonly target: TrivyTarget;
  readonly subject: BillSubject;
}

const ENDINGS = { cyclonedx: "cdx.json", "spdx-json": "spdx.json" } as const;

/**
 * The bills of materials of the source and of each image that was built of it (an image holds what no lock file of the
 * source names: its base), in both formats, kept by digest so that a release can hand them on. What could not be made
 * is added to `failures`.
 */
export async function billsOf(
  session: Session,
  { root, artifacts }: { readonly root: string; readonly artifacts: readonly ScannedArtifact[] },
  failures: Diagnostic[],
): Promise<Outcome<Collected["sboms"]>> {
  const { config, name } = productOf(session);
  if (!config.get("ship.security.trivy_enabled")) return succeed([]);
  const wanted: Bill[] = [{ in: SOURCE, stem: name, target: { kind: "fs", path: root }, subject: { name } }];
  for (const artifact of artifacts.filter(({ file }) => isImage(file))) {
    const stored = await session.artifacts.path(artifact.sha256);
    if (!stored.ok) return stored;
    wanted.push({
      in: artifact.file,
      stem: artifact.file.replace(/(?:\.oci)?\.tar$/, ""),
      target: { kind: "image", archive: stored.value },
      subject: { name: artifact.package, version: artifact.version, purl: imagePurl(artifact) },
    });
  }
  const bills: Collected["sboms"] = [];
  for (const { stem, target, subject, ...of } of wanted) {
    for (const format of ["cyclonedx", "spdx-json"] as const) {
      const text = await sbomOf(target, format, subject, trivyOptions(session));
      if (!text.ok) {
        // The scan before has failed in the same way, most likely; then once is enough.
        failures.push(...text.diagnostics.filter(({ code }) => !failures.some((known) => known.code === code)));
        continue;
      }
      const kept = await session.artifacts.put(Buffer.from(text.value, "utf8"));
      if (!kept.ok) return kept;
      bills.push({ ...of, name: `${stem}.${ENDINGS[format]}`, format, digest: kept.value.digest });
    }
  }
  return succeed(bills);
}

/** `pkg:oci/hello@sha256%3A…?tag=1.0.0`, as package URLs name images: by their manifest. */
function imagePurl({ package: name, version, manifest }: ScannedArtifact): string | undefined {
  if (manifest === undefined) return undefined;
  const last = name.split("/").at(-1)?.toLowerCase() as string;
  return `pkg:oci/${encodeURIComponent(last)}@sha256%3A${manifest}?tag=${encodeURIComponent(version)}`;
}

/** The bills that go with some of the artefacts: theirs, and those of the source that everything was built of. */
export function billsFor(
  mine: readonly { readonly file: string }[],
  all: readonly { readonly file: string }[],
  sboms: readonly Sbom[],
): Sbom[] {
  return sboms.filter((bill) => {
    const isOf = ({ file }: { readonly file: string }) => file === bill.in;
    return mine.some(isOf) || !all.some(isOf);
  });
}
