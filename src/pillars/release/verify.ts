import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { keyId, openEnvelope, readPublicKey } from "./dsse.ts";

export const verifiedSchema = z.object({
  key: z.string().describe("SHA-256 of the public key (SPKI, DER) that the signature was made with"),
  repository: z.string().nullable(),
  commit: z.string().nullable(),
  version: z.string().nullable(),
  run: z.string().nullable().describe("the builder's own name of the run"),
  subjects: z.array(z.object({ name: z.string(), sha256: z.string().nullable() })),
  files: z.array(z.object({ file: z.string(), sha256: z.string(), subject: z.string() })),
});
export type Verified = z.infer<typeof verifiedSchema>;

/** What is read of a statement: other people's have less or more in them. */
const statementSchema = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })),
  predicate: z
    .object({
      buildDefinition: z
        .object({
          externalParameters: z.object({ repository: z.string(), version: z.string() }).partial().default({}),
          resolvedDependencies: z.array(z.object({ digest: z.record(z.string(), z.string()).default({}) })).default([]),
        })
        .partial()
        .default({}),
      runDetails: z
        .object({ metadata: z.object({ invocationId: z.string() }).partial() })
        .partial()
        .default({}),
    })
    .partial()
    .default({}),
});

/** Verifies an envelope with a public key, and that each file is one of its subjects. All paths are absolute. */
export async function verifyProvenance(paths: {
  readonly statement: string;
  readonly key: string;
  readonly files: readonly string[];
}): Promise<Outcome<Verified>> {
  const pem = await readText(paths.key);
  if (!pem.ok) return pem;
  const key = readPublicKey(pem.value, basename(paths.key));
  if (!key.ok) return key;
  const text = await readText(paths.statement);
  if (!text.ok) return text;
  const opened = openEnvelope(text.value, key.value, basename(paths.statement));
  if (!opened.ok) return opened;
  const parsed = parseStatement(opened.value.toString("utf8"));
  if (!parsed) {
    return fail(
      problem("product", "provenance.unreadable", `${basename(paths.statement)} holds no in-toto statement v1`),
    );
  }
  const { subject, predicate } = parsed;
  const files: Verified["files"] = [];
  for (const path of paths.files) {
    const sha256 = await digestOf(path);
    if (!sha256.ok) return sha256;
    const found = subject.find(({ digest }) => digest.sha256 === sha256.value);
    if (!found) return fail(notAmong(basename(path), sha256.value, subject));
    files.push({ file: basename(path), sha256: sha256.value, subject: found.name });
  }
  const build = predicate.buildDefinition ?? {};
  return succeed({
    key: keyId(key.value),
    repository: build.externalParameters?.repository ?? null,
    commit: build.resolvedDependencies?.find(({ digest }) => digest.gitCommit)?.digest.gitCommit ?? null,
    version: build.externalParameters?.version ?? null,
    run: predicate.runDetails?.metadata?.invocationId ?? null,
    subjects: subject.map(({ name, digest }) => ({ name, sha256: digest.sha256 ?? null })),
    files,
  });
}

function parseStatement(text: string): z.infer<typeof statementSchema> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return statementSchema.safeParse(value).data;
}

function notAmong(file: string, sha256: string, subject: z.infer<typeof statementSchema>["subject"]) {
  const shown = subject.map(({ name, digest }) => `${digest.sha256 ?? "?"}  ${name}`).join("\n");
  return problem("policy", "provenance.other_file", `${file} is none of the files that the statement speaks of`, {
    details: `${sha256}  ${file}\nit speaks of:\n${shown}`,
    next: "do not use the file: it is another one, or was changed after it was built",
  });
}

async function readText(path: string): Promise<Outcome<string>> {
  try {
    return succeed(await readFile(path, "utf8"));
  } catch (error) {
    return fail(problem("config", "provenance.no_file", `${path} cannot be read: ${messageOf(error)}`));
  }
}

async function digestOf(path: string): Promise<Outcome<string>> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    return fail(problem("config", "provenance.no_file", `${path} cannot be read: ${messageOf(error)}`));
  }
  return succeed(hash.digest("hex"));
}
