import picomatch from "picomatch";
import { parseDocument } from "yaml";
import { defaultStagesOf, inFolder, inTurn, isPlaceholder, type Tree, within } from "../ecosystems/index.ts";
import { type FoundCommands, pythonCommands } from "./infer-python.ts";

/** A stage that the repository's own files ask for. */
export interface InferredStage {
  readonly name: string;
  /** A shell line, run in the root. */
  readonly command: string;
  /** The files that it was inferred from, relative to the root. */
  readonly from: readonly string[];
}

/** What the machine has, where a manifest alone does not tell whether a command can run. */
export interface Machine {
  /** Cargo's subcommands that run here, of `CARGO_EXTRAS`. */
  readonly cargo: ReadonlySet<string>;
}

/** Components of a Rust tool chain that may be missing. */
export const CARGO_EXTRAS = ["clippy", "fmt"];

interface Place {
  readonly tree: Tree;
  /** `.` or relative to the root. */
  readonly folder: string;
  readonly files: ReadonlySet<string>;
  readonly machine: Machine;
}

/** How one kind of project is built, tested and looked at. */
interface Toolchain {
  /** File names, by any of which a folder is known; the first that is there is named as the source. */
  readonly manifests: readonly string[];
  /** Whether a manifest higher up already runs what is in this folder. */
  covered(above: Pick<Place, "tree" | "folder">, folder: string): Promise<boolean>;
  commands(place: Place, manifest: string): Promise<FoundCommands>;
}

const TOOLCHAINS: readonly Toolchain[] = [
  { manifests: ["go.mod"], covered: async () => false, commands: goCommands },
  { manifests: ["pom.xml"], covered: async () => true, commands: mavenCommands },
  {
    manifests: ["settings.gradle.kts", "settings.gradle", "build.gradle.kts", "build.gradle"],
    covered: async () => true,
    commands: gradleCommands,
  },
  { manifests: ["Cargo.toml"], covered: isCargoWorkspace, commands: cargoCommands },
  { manifests: ["package.json"], covered: isNpmMember, commands: npmCommands },
  {
    manifests: ["pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "requirements-dev.txt"],
    covered: async () => false,
    commands: ({ tree, folder, files }) => pythonCommands(tree, folder, files),
  },
];

/** As a plan has them. */
const ORDER = ["build", "test", "format", "lint", "vet", "types"];

/** Manifests that stages are inferred from, for people: where none of them is, nothing can be inferred. */
export const STAGE_SOURCES =
  "package.json, pyproject.toml, setup.cfg, requirements.txt, Cargo.toml, go.mod, pom.xml, build.gradle, Makefile";

/**
 * The stages that a repository's manifests ask for: those at the root and up to two folders below, each run in its
 * folder; stages of the same name become one. A Makefile counts where no manifest gives a command. Empty when there is
 * nothing to go by.
 */
export async function inferStages(tree: Tree, machine: Machine): Promise<InferredStage[]> {
  const files = new Set(await tree.list());
  const found: { name: string; command: string; from: string }[] = [];
  for (const toolchain of TOOLCHAINS) {
    const folders = foldersOf(files, toolchain.manifests);
    for (const folder of folders) {
      const place = { tree, folder, files, machine };
      if (await isCovered(toolchain, place, folders)) continue;
      const manifest = toolchain.manifests.find((name) => files.has(within(folder, name))) as string;
      for (const [name, command] of Object.entries(await toolchain.commands(place, manifest))) {
        if (command === undefined) continue;
        found.push({ name, command: inFolder(folder, command), from: within(folder, manifest) });
      }
    }
  }
  if (found.length === 0) found.push(...(await makeTargets(tree)));
  return ORDER.flatMap((name) => {
    const own = found.filter((one) => one.name === name);
    if (own.length === 0) return [];
    return [{ name, command: inTurn(own.map(({ command }) => command)), from: own.map(({ from }) => from) }];
  });
}

/** Folders with one of the manifests, the root first; not those of examples, fixtures and copies of others' code. */
function foldersOf(files: ReadonlySet<string>, manifests: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const file of files) {
    const parts = file.split("/");
    const name = parts.pop() as string;
    if (!manifests.includes(name) || parts.length > 2) continue;
    if (parts.some((part) => /^(?:node_modules|vendor|examples?|fixtures?|testdata|tests?)$/.test(part))) continue;
    folders.add(parts.length === 0 ? "." : parts.join("/"));
  }
  return [...folders].sort();
}

async function isCovered(toolchain: Toolchain, place: Place, folders: readonly string[]): Promise<boolean> {
  for (const above of folders) {
    const prefix = within(above, "");
    if (above === place.folder || !within(place.folder, "").startsWith(prefix)) continue;
    if (await toolchain.covered({ tree: place.tree, folder: above }, place.folder)) return true;
  }
  return false;
}

async function goCommands({ folder, files }: Place): Promise<FoundCommands> {
  const prefix = within(folder, "");
  const below = [...files].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  // gofmt walks into every folder, and what lies in these is not the module's own code or is wrong on purpose.
  const foreign = below.some((file) => /(?:^|\/)(?:vendor|testdata)\/.*\.go$/.test(file));
  return {
    // A module with one program would leave it in the work tree.
    build: "go build -o /dev/null ./...",
    // Before Go 1.25 `gofmt -d` shows the differences and passes.
    format: foreign ? undefined : 'gofmt -d . && test -z "$(gofmt -l .)"',
    lint: below.some((file) => /^\.golangci\.(?:ya?ml|toml|json)$/.test(file)) ? "golangci-lint run" : undefined,
    vet: "go vet ./...",
    test: "go test ./...",
  };
}

async function mavenCommands({ folder, files }: Place): Promise<FoundCommands> {
  const maven = files.has(within(folder, "mvnw")) ? "./mvnw" : "mvn";
  return { build: `${maven} -B -ntp compile`, test: `${maven} -B -ntp verify` };
}

async function gradleCommands({ folder, files }: Place): Promise<FoundCommands> {
  const gradle = files.has(within(folder, "gradlew")) ? "./gradlew" : "gradle";
  return { build: `${gradle} --console=plain build -x test`, test: `${gradle} --console=plain test` };
}

const CARGO_WORKSPACE = /^\s*\[workspace\]/m;

async function isCargoWorkspace({ tree, folder }: Pick<Place, "tree" | "folder">): Promise<boolean> {
  return CARGO_WORKSPACE.test((await tree.read(within(folder, "Cargo.toml"))) ?? "");
}

async function cargoCommands(place: Place): Promise<FoundCommands> {
  const all = (await isCargoWorkspace(place)) ? " --workspace" : "";
  const { cargo } = place.machine;
  return {
    build: `cargo build${all} --all-targets`,
    format: cargo.has("fmt") ? `cargo fmt${all === "" ? "" : " --all"} --check` : undefined,
    lint: cargo.has("clippy") ? `cargo clippy${all} --all-targets` : undefined,
    test: `cargo test${all}`,
  };
}

interface PackageJson {
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly workspaces?: unknown;
}

async function isNpmMember({ tree, folder }: Pick<Place, "tree" | "folder">, member: string): Promise<boolean> {
  const globs = workspacesOf(await packageJson(tree, folder));
  const path = member.slice(within(folder, "").length);
  return globs.length > 0 && picomatch(globs.map((glob) => glob.replace(/^\.\//, "").replace(/\/$/, "")))(path);
}

/** The root's scripts count; of a workspace's root that has none, those of its members. */
async function npmCommands({ tree, folder, files }: Place): Promise<FoundCommands> {
  const manifest = await packageJson(tree, folder);
  const own = await defaultStagesOf(tree, [{ ecosystem: "npm", path: folder }]);
  const bare = (command: string | undefined) => command?.slice(inFolder(folder, "").length);
  const lint = isScript(manifest, "lint") ? { lint: "npm run lint" } : {};
  const globs = workspacesOf(manifest);
  if (globs.length === 0) return { build: bare(own.build), ...lint, test: bare(own.test) };
  const members = foldersOf(files, ["package.json"]).filter((one) => one.startsWith(within(folder, "")));
  const manifests: PackageJson[] = [];
  for (const member of members) {
    if (await isNpmMember({ tree, folder }, member)) {
      manifests.push(await packageJson(tree, member));
    }
  }
  const everywhere = (name: string) =>
    isScript(manifest, name)
      ? npmScript(name)
      : manifests.some((one) => isScript(one, name))
        ? `npm run ${name} --workspaces --if-present`
        : undefined;
  // Members find each other through the links that an installation makes.
  const install = files.has(within(folder, "package-lock.json")) ? "npm ci" : "npm install --no-package-lock";
  const build = everywhere("build");
  return {
    build: build === undefined ? install : `${install} && ${build}`,
    lint: everywhere("lint"),
    test: everywhere("test"),
  };
}

function npmScript(name: string): string {
  return name === "test" ? "npm test" : `npm run ${name}`;
}

function isScript({ scripts }: PackageJson, name: string): boolean {
  const text = scripts?.[name];
  return typeof text === "string" && !isPlaceholder(text);
}

function workspacesOf({ workspaces }: PackageJson): string[] {
  const listed = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | undefined)?.packages;
  return Array.isArray(listed) ? listed.filter((glob) => typeof glob === "string") : [];
}

/** YAML's reader takes JSON; a manifest that does not parse is told by whoever reads its package. */
async function packageJson(tree: Tree, folder: string): Promise<PackageJson> {
  const document = parseDocument((await tree.read(within(folder, "package.json"))) ?? "", { logLevel: "silent" });
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  return typeof value === "object" && value !== null ? value : {};
}

/** Targets of the root's Makefile by the names that people give them. */
async function makeTargets(tree: Tree): Promise<{ name: string; command: string; from: string }[]> {
  for (const file of ["GNUmakefile", "Makefile", "makefile"]) {
    const text = await tree.read(file);
    if (text === undefined) continue;
    const targets = new Set([...text.matchAll(/^([A-Za-z][\w-]*)\s*:(?!=)/gm)].map(([, name]) => name as string));
    return Object.entries({ build: ["build"], lint: ["lint"], test: ["test", "check"] }).flatMap(([name, known]) => {
      const target = known.find((one) => targets.has(one));
      return target === undefined ? [] : [{ name, command: `make ${target}`, from: file }];
    });
  }
  return [];
}
