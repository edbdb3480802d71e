import { posix } from "node:path";
import { isTestPath } from "./guard.ts";
import type { BuildFailure } from "./read/report.ts";
import type { Tree } from "./tree.ts";

/** A command that runs what failed and little else, and in words for people what that is. */
export interface NarrowCommand {
  readonly command: string;
  readonly what: string;
}

interface Target {
  /** The test file, relative to the root. */
  readonly file: string | undefined;
  /** The test's own title, found literally in the file: a log alone cannot put words here. */
  readonly title: string | undefined;
  readonly failure: BuildFailure;
}

interface Runner {
  /** Names of readers (read/report.ts `tool`) whose failures it runs. */
  readonly tools: readonly string[];
  /** Finds the runner in a command; what it matched is kept, with the options after it. */
  readonly call: RegExp;
  /** Words to add, unquoted; undefined when the failure names too little. */
  words(target: Target): readonly string[] | undefined;
}

const LAUNCHER = String.raw`(?:(?:\w+=[\w./:-]+ )*)(?:npx (?:--no-install |--no )?|pnpm (?:exec )?|yarn (?:run )?|bunx |uv run |poetry run )?`;

/** By name, or that of a virtual environment. */
const PYTHON = String.raw`(?:[\w./-]+\/)?python3?`;

const RUNNERS: readonly Runner[] = [
  {
    tools: ["node:test", "node"],
    call: new RegExp(`^${LAUNCHER}node(?= (?:.* )?--test\\b)`),
    words: ({ file, title }) =>
      file === undefined ? undefined : [...(title ? [`--test-name-pattern=${literal(title)}`] : []), file],
  },
  {
    tools: ["vitest"],
    call: new RegExp(`^${LAUNCHER}vitest\\b`),
    words: ({ file, title }) =>
      file === undefined ? undefined : [file, ...(title ? [`--testNamePattern=${literal(title)}`] : [])],
  },
  {
    tools: ["jest"],
    call: new RegExp(`^${LAUNCHER}jest\\b`),
    words: ({ file, title }) =>
      file === undefined
        ? undefined
        : ["--runTestsByPath", file, ...(title ? [`--testNamePattern=${literal(title)}`] : [])],
  },
  {
    tools: ["mocha"],
    call: new RegExp(`^${LAUNCHER}mocha\\b`),
    words: ({ file, title }) =>
      file === undefined ? undefined : [file, ...(title ? [`--grep=${literal(title)}`] : [])],
  },
  {
    tools: ["pytest", "python"],
    call: new RegExp(`^${LAUNCHER}(?:${PYTHON} -m )?pytest\\b`),
    words: ({ file, title, failure }) => {
      if (!file) return undefined;
      const path = (failure.test ?? "").replace(/\[.*$/, "").split(/\.|::/);
      return [title && path.every((part) => /^\w+$/.test(part)) ? [file, ...path].join("::") : file];
    },
  },
  {
    tools: ["unittest", "python"],
    call: new RegExp(`^${LAUNCHER}${PYTHON} -m unittest\\b`),
    words: ({ failure }) => (/^\w+(?:\.\w+)+$/.test(failure.test ?? "") ? [failure.test ?? ""] : undefined),
  },
  {
    tools: ["cargo test", "rust", "rustc", "cargo"],
    call: new RegExp(`^${LAUNCHER}cargo test\\b`),
    words: ({ failure }) => (/^\w+(?:::\w+)*$/.test(failure.test ?? "") ? [failure.test ?? ""] : undefined),
  },
  {
    tools: ["go test", "go"],
    call: new RegExp(`^${LAUNCHER}go test\\b`),
    words: ({ file, failure }) => {
      const name = (failure.test ?? "").split("/")[0] ?? "";
      if (!file || !/^Test\w+$/.test(name)) return undefined;
      return [`-run=^${name}$`, `./${posix.dirname(file)}`.replace(/\/\.$/, "/")];
    },
  },
  {
    tools: ["junit", "maven"],
    call: /^(?:mvn|\.\/mvnw)(?= (?:.* )?(?:test|verify|package|install)\b)/,
    words: ({ failure }) => {
      const test = javaTest(failure);
      return test === undefined
        ? undefined
        : [`-Dtest=${test.replace(/\.(?=\w+$)/, "#")}`, "-Dsurefire.failIfNoSpecifiedTests=false"];
    },
  },
  {
    tools: ["junit", "gradle test"],
    call: /^(?:gradle|\.\/gradlew)(?= (?:.* )?test\b)/,
    words: ({ failure }) => {
      const test = javaTest(failure);
      return test === undefined ? undefined : ["--tests", `*${test}`];
    },
  },
  {
    tools: ["tsc"],
    call: new RegExp(`^${LAUNCHER}tsc\\b(?=(?: --noEmit| -p \\S+| --pretty \\w+)*$)`),
    words: () => [],
  },
];

/**
 * The narrowest command that runs a failure again: one test of one file where the runner can, its package for a compiler.
 * Made from the stage's own command and, for `npm test` and its like, from the manifest's script; what is added is found
 * in the checkout first and quoted for `sh`. Undefined when the stage's command is not understood: then the whole stage
 * is what there is. Whether it shows the failure is for the caller to see.
 */
export async function narrowCommand(
  command: string,
  failure: BuildFailure,
  tree: Tree,
): Promise<NarrowCommand | undefined> {
  for (const segment of await segmentsOf(command, failure, tree)) {
    for (const runner of RUNNERS) {
      const call = runner.call.exec(segment.text);
      if (!call || !runner.tools.includes(failure.tool)) continue;
      const target = await targetOf(failure, tree, segment.folder);
      const words = runner.words(target);
      if (words === undefined) continue;
      const kept = await withoutPaths(segment.text.slice(call[0].length), tree, segment.folder);
      const line = [`${call[0]}${kept}`, ...words.map(shellWord)].join(" ");
      const into = segment.folder === "" ? "" : `cd ${shellWord(segment.folder)} && `;
      const found = 'PATH="$PWD/node_modules/.bin:$PATH"';
      return {
        command: `${into}export ${found}; ${line}`,
        what: target.title ? `${target.file}: ${target.title}` : (target.file ?? failure.test ?? "what failed"),
      };
    }
  }
  return undefined;
}

interface Segment {
  readonly text: string;
  /** Where it runs, relative to the root; empty for the root. */
  readonly folder: string;
}

const SIMPLE = /^[\w@%+=:,./\- "'*]+$/;

/** The simple commands of a line, with scripts of the manifest in the place of `npm test`; workspaces by the failure. */
async function segmentsOf(command: string, failure: BuildFailure, tree: Tree, depth = 0): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const part of command.split("&&").map((text) => text.trim())) {
    if (!SIMPLE.test(part)) continue;
    const script = /^(?:npm|pnpm|yarn|bun)(?: --?[\w-]+)* (?:run )?(?:--silent |-s )?([\w:.-]+)(?: --silent)?$/.exec(
      part,
    );
    const name = script?.[1] === "t" ? "test" : script?.[1];
    if (name !== undefined && depth < 3) {
      const text = await scriptOf(tree, name);
      if (text !== undefined) {
        segments.push(...(await segmentsOf(text, failure, tree, depth + 1)));
        continue;
      }
    }
    segments.push({ text: part, folder: "" });
  }
  return segments;
}

async function scriptOf(tree: Tree, name: string): Promise<string | undefined> {
  try {
    const manifest = JSON.parse((await tree.read("package.json")) ?? "{}") as { scripts?: Record<string, unknown> };
    const text = manifest.scripts?.[name];
    return typeof text === "string" ? text : undefined;
  } catch (error) {
    // A manifest that does not parse names no script; the build said so, and its fixer repairs it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function targetOf(failure: BuildFailure, tree: Tree, folder: string): Promise<Target> {
  const last = failure.test
    ?.split(/ > | › |::/)
    .at(-1)
    ?.trim();
  const title = failure.tool === "pytest" ? last?.replace(/\[.*$/, "").split(".").at(-1) : last;
  const file = await testFileOf(failure, title, tree);
  const text = file === undefined ? undefined : await tree.read(file);
  const named = title !== undefined && title !== "" && text?.includes(title) ? title : undefined;
  return { file: file === undefined ? undefined : posix.relative(folder, file), title: named, failure };
}

/** `QuayTest.prices` of what JUnit's runners print: `org.example.QuayTest.prices`, `QuayTest > prices()`. */
function javaTest(failure: BuildFailure): string | undefined {
  return /(?:^|[.$])(\w+)(?:\.| > |#)(\w+)(?:\(.*\))?(?:\[.*\])?$/
    .exec(failure.test ?? "")
    ?.slice(1)
    .join(".");
}

/** The file of the failed test: as the log names it, else the one test file that holds the test's title. */
async function testFileOf(failure: BuildFailure, title: string | undefined, tree: Tree): Promise<string | undefined> {
  for (const named of [failure.captures.test_file, failure.place?.file]) {
    const file = named === undefined ? undefined : await tree.locate(named);
    // A test that the build has made would be run without building it anew.
    if (file !== undefined && isTestPath(file) && (await tree.paths()).includes(file)) return file;
  }
  if (title === undefined || title.length < 3) return undefined;
  const holding: string[] = [];
  for (const path of (await tree.paths()).filter(isTestPath)) {
    if ((await tree.read(path))?.includes(title)) holding.push(path);
  }
  return holding.length === 1 ? holding[0] : undefined;
}

/** Options whose value is a path that says how to run, not what. */
const TAKES_PATH =
  /^-(?:c|r|p|-?[\w-]*(?:config|require|import|root|rootdir|dir|project|setup|tsconfig|loader|reporter|manifest-path))$/i;

/** Options of a command without the files and folders that it names: those would be run as well. */
async function withoutPaths(rest: string, tree: Tree, folder: string): Promise<string> {
  const paths = await tree.paths();
  const words = rest.split(" ").filter((word) => word !== "");
  const kept = words.filter((word, index) => {
    if (word.startsWith("-")) return true;
    if (TAKES_PATH.test(words[index - 1] ?? "")) return true;
    const plain = posix.normalize(posix.join(folder, word.replaceAll(/["']/g, ""))).replace(/\/$/, "");
    return !(
      /\*|\.\.\./.test(word) ||
      plain === "." ||
      paths.some((path) => path === plain || path.startsWith(`${plain}/`))
    );
  });
  return kept.map((word) => ` ${word}`).join("");
}

/** A title as a regular expression that matches it and nothing else. */
function literal(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** A word for `sh`, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
