import { readFile } from "node:fs/promises";
import { sep } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Faults in the journal itself, put into the program that the harness builds for its runs: a harness that cannot see
 * them could not see the real ones. The sources stay as they are; a mutation that no longer fits them is an error.
 */
interface Mutation {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly original: string;
  readonly mutant: string;
}

export const MUTATIONS = {
  /** An effect acts without having looked. */
  "no-probe": {
    file: "src/swarm/journal.ts",
    original: "if (before.value !== undefined) return succeed(before.value, before.warnings);",
    mutant: "",
  },
  /** A finished step is done again by whoever takes the run up. */
  "finished-forgotten": {
    file: "src/swarm/step-log.ts",
    original: 'if (earlier?.state === "done") return succeed(decodeValue<T>(earlier.value));',
    mutant: "",
  },
  /** What an effect is about to do is written down as done. */
  "done-too-early": {
    file: "src/swarm/step-log.ts",
    original: '      state: "started",\n      value: null,',
    mutant: `      state: kind === "effect" ? "done" : "started",\n      value: kind === "effect" ? '"too early"' : null,`,
  },
  /** A delivery that is repeated carries another key. */
  "new-keys": {
    file: "src/swarm/journal.ts",
    original: "record.key, name].join",
    mutant: "record.key, name, String(performance.now())].join",
  },
} as const satisfies Record<string, Mutation>;

export type MutationName = keyof typeof MUTATIONS;

export function isMutation(name: string): name is MutationName {
  return Object.hasOwn(MUTATIONS, name);
}

/** Builds one file other than it is written. */
export function mutate(name: MutationName): Plugin {
  const { file, original, mutant }: Mutation = MUTATIONS[name];
  return {
    name: `mutation ${name}`,
    setup(build) {
      let done = false;
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.split(sep).join("/").endsWith(`/${file}`)) return undefined;
        const text = await readFile(path, "utf8");
        if (text.split(original).length !== 2) throw new Error(`the mutation ${name} does not fit ${file}`);
        done = true;
        return { contents: text.replace(original, () => mutant), loader: "ts" };
      });
      build.onEnd(() => (done ? undefined : { errors: [{ text: `the mutation ${name} found no ${file}` }] }));
    },
  };
}
