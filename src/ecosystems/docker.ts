import { join, relative } from "node:path";
import { parse } from "semver";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import {
  buildImage,
  ensureCrane,
  imageDigest,
  imageRegistry,
  manifestDigestOf,
  referenceOf,
  validateImage,
} from "../tools/oci/index.ts";
import { bumpDocker, containerfileOf, namesImage, readDockerManifest } from "./docker-manifest.ts";
import type { Ecosystem } from "./ecosystem.ts";
import { directoryTree } from "./paths.ts";

export const docker: Ecosystem = {
  id: "docker",
  title: "image",
  account: "docker",
  registryOption: "ship.registries.docker_hub",
  detect: namesImage,
  async defaultStages() {
    return {};
  },
  readManifest: readDockerManifest,
  spell(version) {
    // A tag has no room for `+` and what follows.
    if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(version)) return succeed(version);
    return fail(
      problem("product", "docker.version", `${version} cannot be an image's tag`, {
        next: "release a version without build metadata (the part after +)",
      }),
    );
  },
  bump: bumpDocker,
  async build(context) {
    const folder = join(context.root, context.path);
    const found = await containerfileOf(directoryTree(context.root), context.path);
    if (found === undefined) {
      return fail(problem("product", "docker.no_manifest", `there is no Dockerfile in ${context.path}`));
    }
    const file = `${context.name.replaceAll("/", "-")}-${context.version}.oci.tar`;
    const built = await buildImage({
      directory: folder,
      containerfile: relative(folder, join(context.root, found.file)),
      labels: { "org.opencontainers.image.version": context.version },
      epoch: context.epoch,
      archive: join(context.out, file),
      logFile: context.logFile,
      redactor: context.redactor,
      signal: context.signal,
      onLine: context.progress,
    });
    return built.ok ? succeed([file]) : built;
  },
  async registryDigest(file) {
    const read = await manifestDigestOf(file);
    return read.ok ? succeed(read.value.manifest) : read;
  },
  async published(query) {
    const digest = await imageDigest(query.name, query.version, query);
    if (!digest.ok || digest.value === undefined) return digest.ok ? succeed(undefined) : digest;
    return succeed([{ file: `${query.name}:${query.version}`, algorithm: "manifest", digest: digest.value }]);
  },
  installCheck: (query): Promise<Outcome<void>> => validateImage(query.name, query.version, query),
  async registry({ url }) {
    return url === undefined ? await imageRegistry("codemonkeys/registry") : succeed(url);
  },
  async publishPlan({ name, version, url, files, channel, signal }) {
    const crane = await ensureCrane({ signal });
    if (!crane.ok) return crane;
    const { repository, insecure } = referenceOf(name, url);
    const spelled = parse(version);
    return succeed({
      playbook: "publish-docker",
      vars: {
        package_name: repository,
        package_version: version,
        package_archive: files[0] ?? "",
        package_channel: channel ?? (spelled && spelled.prerelease.length > 0 ? "next" : ""),
        package_insecure: insecure,
        package_crane: crane.value,
      },
      tokenVariable: "DOCKER_TOKEN",
    });
  },
};
