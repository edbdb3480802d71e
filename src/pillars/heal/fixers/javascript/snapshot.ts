import type { FixCommand } from "../../candidate.ts";
import { type Fixer, textOf } from "../fixer.ts";

const MISMATCH = /Snapshot `[^`\n]+` mismatched|toMatchSnapshot\(|\d+ snapshots? (?:failed|obsolete)/;
const UPDATE: Readonly<Record<string, (file: string) => FixCommand>> = {
  vitest: (file) => ({ command: "vitest", args: ["run", "--update", file], network: "none" }),
  jest: (file) => ({
    command: "jest",
    args: ["--ci=false", "--updateSnapshot", "--runTestsByPath", file],
    network: "none",
  }),
};

/**
 * The runner itself writes what the product shows now. Only a snapshot file that is there: one inside a test is an
 * assertion of it, and a new one has nothing that it could be out of date with.
 */
export const snapshotUpdate: Fixer = {
  name: "snapshot-update",
  summary: "a snapshot file of vitest or jest that is out of date; people are asked, since a snapshot is a test",
  trust: 0.1,
  async propose(input) {
    const { failure, tree } = input;
    const update = UPDATE[failure.tool];
    const named = failure.captures.test_file ?? failure.place?.file;
    const file = named === undefined ? undefined : await tree.locate(named);
    if (!update || file === undefined || !MISMATCH.test(textOf(input))) return [];
    const snapshot = file.replace(/([^/]+)$/, "__snapshots__/$1.snap");
    if (!(await tree.paths()).includes(snapshot)) return [];
    if (/toMatchInlineSnapshot|toThrowErrorMatchingInlineSnapshot/.test((await tree.read(file)) ?? "")) return [];
    return [{ summary: `accept what ${file} shows now as its snapshot`, changes: [], commands: [update(file)] }];
  },
};
