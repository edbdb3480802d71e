import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Writes an image of one layer with these files as an OCI layout in a tar, the form in which releases keep images.
 * Answers the archive's path.
 */
export function ociArchive(folder: string, files: Readonly<Record<string, string>>): string {
  const content = join(folder, "content");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(content, path)), { recursive: true });
    writeFileSync(join(content, path), text);
  }
  const layer = join(folder, "layer.tar");
  execFileSync("tar", ["-C", content, "-cf", layer, "."]);
  const layout = join(folder, "layout");
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Uint8Array | string) => {
    const data = Buffer.from(bytes);
    const hex = createHash("sha256").update(data).digest("hex");
    writeFileSync(join(blobs, hex), data);
    return { digest: `sha256:${hex}`, size: data.length };
  };
  const layerBlob = put(readFileSync(layer));
  const config = put(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: [layerBlob.digest] },
      history: [{ created_by: "test" }],
    }),
  );
  const vendor = "application/vnd.oci.image";
  const manifest = put(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${vendor}.manifest.v1+json`,
      config: { mediaType: `${vendor}.config.v1+json`, ...config },
      layers: [{ mediaType: `${vendor}.layer.v1.tar`, ...layerBlob }],
    }),
  );
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const index = { schemaVersion: 2, manifests: [{ mediaType: `${vendor}.manifest.v1+json`, ...manifest }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  const archive = join(folder, "image.oci.tar");
  execFileSync("tar", ["-C", layout, "-cf", archive, "."]);
  return archive;
}
