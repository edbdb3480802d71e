import { resolve } from "node:path";
import * as z from "zod";
import { succeed } from "../core/diagnostic.ts";
import { verifiedSchema, verifyProvenance } from "../pillars/release/verify.ts";
import { defineStep } from "./definition.ts";

export const releaseVerifyStep = defineStep({
  name: "release verify",
  summary: "Check a release's signed provenance with the publisher's public key, and files against it",
  description:
    "Reads a DSSE envelope (`….intoto.jsonl`, as a release keeps it and shows it at GitHub), verifies its signature with a public key and says what the statement in it claims: which commit of which repository, by which run. Files that are named are compared with its subjects by SHA-256. Needs neither a network nor an organisation.",
  examples: [
    {
      command: "codemonkeys release verify v1.5.0.intoto.jsonl payments-1.5.0.tgz --key release.pub",
      says: "is this file what that key's owner released, and from which commit",
    },
  ],
  params: z.object({
    statement: z.string().describe("path of the signed statement"),
    files: z.array(z.string()).default([]).describe("files that must be among what it speaks of"),
    key: z.string().describe("path of the public key, as PEM"),
  }),
  positional: ["statement", "files"],
  result: verifiedSchema,
  credentials: [],
  tools: [],
  actions: [],
  retryOnAgentLoss: true,
  needs: "nothing",
  async run(workplace, { statement, files, key }) {
    const at = (path: string) => resolve(workplace.cwd, path);
    const verified = await verifyProvenance({ statement: at(statement), key: at(key), files: files.map(at) });
    if (!verified.ok) return verified;
    const { repository, commit, version, run, files: compared, subjects, key: id } = verified.value;
    const lines = [
      `signed with ${id}`,
      `${version ?? "?"} of ${repository ?? "?"} at ${commit ?? "?"}${run === null ? "" : `, by ${run}`}`,
      ...(compared.length > 0
        ? compared.map(({ file, subject }) => `${file} is ${subject}`)
        : subjects.map(({ name, sha256 }) => `speaks of ${name}  sha256 ${sha256 ?? "?"}`)),
    ];
    return succeed({ data: verified.value, summary: lines.join("\n"), display: lines });
  },
});
