import type { Diagnostic, Outcome } from "../core/diagnostic.ts";
import type { Redactor } from "../core/redact.ts";
import type { Homes } from "../core/state-home.ts";

export const ECOSYSTEM_IDS = ["npm", "pypi", "cargo", "docker"] as const;
export type EcosystemId = (typeof ECOSYSTEM_IDS)[number];

/** Files of a product, by paths relative to its root with `/` between their parts. */
export interface Tree {
  /** A file's text, undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** All files' paths. */
  list(): Promise<readonly string[]>;
}

/** What a package says of itself. */
export interface Manifest {
  readonly ecosystem: EcosystemId;
  /** The file that says so, relative to the product's root. */
  readonly file: string;
  readonly name: string;
  /** In the ecosystem's own spelling; undefined when the version comes from the tag at build time. */
  readonly version: string | undefined;
  /** The package says itself that it must not be published. */
  readonly private: boolean;
  /** What it says of itself that no publish by this program can do; told before a release begins. */
  readonly unpublishable?: Diagnostic;
}

/** A package and the version it is to have, in semver spelling. */
export interface Bump {
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

/** A file whose text changes; nothing but the version differs between the two. */
export interface FileEdit {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What a build in the work half may use. It runs product code and holds no keys. */
export interface BuildContext {
  /** Root of the checked-out tree. */
  readonly root: string;
  /** The package's folder, relative to it. */
  readonly path: string;
  readonly name: string;
  /** In semver spelling. */
  readonly version: string;
  /** An empty folder for the artefacts. */
  readonly out: string;
  /** Seconds since the epoch that archives take for "now" (SOURCE_DATE_EPOCH). */
  readonly epoch: number;
  readonly logFile: string;
  readonly homes: Homes;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** A built file, with the digests that registries name it by: lower-case hex. */
export interface Artifact {
  /** File name as the registry will have it. */
  readonly file: string;
  readonly size: number;
  readonly sha1: string;
  readonly sha256: string;
  readonly sha512: string;
  /** SHA-256 of an image's manifest, by which registries name an image: its archive is never seen there. */
  readonly manifest?: string | undefined;
}

/** A file that a registry shows for a version, by the digest that it names. */
export interface PublishedFile {
  readonly file: string;
  readonly algorithm: "sha512" | "sha256" | "sha1" | "manifest";
  /** Lower-case hex. */
  readonly digest: string;
}

/** Which version of which package, where. */
export interface PackageQuery {
  readonly name: string;
  /** In semver spelling. */
  readonly version: string;
  /** The registry's address; undefined: as the ecosystem's tool is configured. */
  readonly url: string | undefined;
  /** For registries that want to know who reads; only the act half has one. */
  readonly token?: string | undefined;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

export interface PublishInput {
  readonly name: string;
  /** In semver spelling. */
  readonly version: string;
  readonly url: string | undefined;
  /** Paths of the files that the registry does not have yet. */
  readonly files: readonly string[];
  /** Pre-release channel; npm's dist-tag. */
  readonly channel: string | undefined;
  readonly signal: AbortSignal;
}

/** How the publish playbook is called for a package. */
export interface PublishPlan {
  /** Name of the playbook, without its folder and ending. */
  readonly playbook: string;
  readonly vars: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** The environment variable in which the playbook looks for the token. */
  readonly tokenVariable: string;
}

/** What a package ecosystem's conventions and tools are. One value for each; no state. */
export interface Ecosystem {
  readonly id: EcosystemId;
  /** For people: `npm`, `PyPI`, `crates.io`. */
  readonly title: string;
  /** The service's name among a company's accounts in fleet.yaml. */
  readonly account: string;
  readonly registryOption:
    | "ship.registries.npm"
    | "ship.registries.pypi"
    | "ship.registries.crates_io"
    | "ship.registries.docker_hub";
  detect(tree: Tree, path: string): Promise<boolean>;
  /** Commands for stages that a spec leaves out. */
  defaultStages(tree: Tree, path: string): Promise<Readonly<Record<string, string>>>;
  readManifest(tree: Tree, path: string): Promise<Outcome<Manifest>>;
  /** A semver version as the ecosystem writes it; fails when it cannot. */
  spell(version: string): Outcome<string>;
  /** Edits that give packages their versions everywhere the product names them (manifests, lock files, dependents). */
  bump(tree: Tree, bumps: readonly Bump[]): Promise<Outcome<FileEdit[]>>;
  /** Builds the package's files into `out` and names them. */
  build(context: BuildContext): Promise<Outcome<readonly string[]>>;
  /** Where the registry does not name a file by its bytes: the digest it does use, read from the built file. */
  registryDigest?(file: string): Promise<Outcome<string>>;
  /** What the registry shows of a version; undefined when it has none. */
  published(query: PackageQuery): Promise<Outcome<readonly PublishedFile[] | undefined>>;
  /** Installs the version from the registry by the ecosystem's own client, in scratch space. */
  installCheck(query: PackageQuery): Promise<Outcome<void>>;
  /** The registry's address, without credentials: the given one, else as the tool is configured. */
  registry(query: Pick<PackageQuery, "url" | "signal">): Promise<Outcome<string>>;
  /** How the ecosystem's playbook is called; brings the tool that it uploads with, where that is no part of the machine. */
  publishPlan(input: PublishInput): Promise<Outcome<PublishPlan>>;
}
