import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { ECOSYSTEMS } from "../../ecosystems/index.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { productRepository, repositoryAt } from "../../pipeline/session-git.ts";
import { publicKeyOf } from "../../tools/sops/change.ts";
import { contentsOf } from "../../tools/sops/contents.ts";
import { destinationOf } from "../publish/token.ts";
import { remoteSource } from "../remote-credentials.ts";
import { SECRETS_FOLDER } from "./files.ts";
import { sessionIdentity } from "./read.ts";
import type { SecretSource } from "./source.ts";

export const secretsListSchema = z.object({
  key: z.object({
    shown: z.string().describe("where the age key is looked for"),
    exists: z.boolean(),
    public: z.string().nullable().describe("its public key, to be added as a recipient"),
  }),
  files: z.array(
    z.object({
      owner: z.enum(["product", "company"]),
      path: z.string(),
      names: z.array(z.string()),
      recipients: z.array(z.string()),
      changed_at: z.string().nullable(),
      opens: z.boolean().describe("this machine's key is one of the recipients"),
      committed: z.boolean().describe("false: it is not what is committed, and only that counts"),
    }),
  ),
  missing: z.array(z.object({ name: z.string(), from: z.string().describe("who names it") })),
});
export type SecretsList = z.infer<typeof secretsListSchema>;

/** Every secrets file of the product and its company, and what is named somewhere but stands in none. Decrypts nothing. */
export async function listSecrets(session: Session): Promise<Outcome<SecretsList>> {
  const identity = sessionIdentity(session);
  const own = identity.exists ? await publicKeyOf(identity) : undefined;
  const product = await productFiles(session);
  if (!product.ok) return product;
  const company = await companyFiles(session);
  if (!company.ok) return company;
  const files: SecretsList["files"] = [];
  for (const { owner, path, text, committed } of [...product.value, ...company.value]) {
    const contents = contentsOf(text, path);
    if (!contents.ok) return contents;
    const { names, recipients, changedAt } = contents.value;
    files.push({
      owner,
      path,
      names: [...names],
      recipients: [...recipients],
      changed_at: changedAt ?? null,
      opens: own !== undefined && recipients.includes(own),
      committed,
    });
  }
  const missing = namedSources(session)
    .filter(
      ({ name, owners }) =>
        !files.some((file) => (owners ?? [file.owner]).includes(file.owner) && file.names.includes(name)),
    )
    .map(({ name, from }) => ({ name, from }));
  return succeed({ key: { shown: identity.shown, exists: identity.exists, public: own ?? null }, files, missing });
}

interface Listed {
  readonly owner: "product" | "company";
  readonly path: string;
  readonly text: string;
  readonly committed: boolean;
}

async function productFiles(session: Session): Promise<Outcome<Listed[]>> {
  const git = await productRepository(session);
  if (!git.ok) return git;
  const listed: Listed[] = [];
  for (const path of await namesIn(git.value.root)) {
    const text = await readFile(join(git.value.root, path), "utf8");
    const there = await git.value.readAt("HEAD", path);
    listed.push({ owner: "product", path, text, committed: there.ok && there.value === text });
  }
  return succeed(listed);
}

async function namesIn(root: string): Promise<string[]> {
  try {
    const names = await readdir(join(root, SECRETS_FOLDER));
    return names.filter((name) => name.endsWith(".sops.yaml")).map((name) => `${SECRETS_FOLDER}/${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function companyFiles(session: Session): Promise<Outcome<Listed[]>> {
  const { company } = productOf(session);
  const { path: place, commit } = session.organisation;
  const git = await repositoryAt(session, place);
  if (!git.ok) return git;
  const paths = await git.value.listAt(commit);
  if (!paths.ok) return paths;
  const listed: Listed[] = [];
  for (const path of paths.value.filter((one) => isOf(company, one))) {
    const text = await git.value.readAt(commit, path);
    if (!text.ok) return text;
    listed.push({ owner: "company", path, text: text.value, committed: true });
  }
  return succeed(listed);
}

/** The company's own files: other companies' are nobody's business here. */
function isOf(company: string, path: string): boolean {
  const name = path.startsWith(`${SECRETS_FOLDER}/`) ? path.slice(SECRETS_FOLDER.length + 1) : undefined;
  return name === `${company}.sops.yaml` || (name?.startsWith(`${company}.`) === true && name.endsWith(".sops.yaml"));
}

/** Every encrypted token that the fleet and the configuration name for what this product does. */
function namedSources(session: Session): SecretSource[] {
  const product = productOf(session);
  const published = product.spec.value.packages.filter(({ publish }) => publish).map(({ ecosystem }) => ecosystem);
  const tokens = [...new Set(published)].flatMap((id) => {
    const to = destinationOf(session, product, ECOSYSTEMS[id]);
    return to.ok && to.value ? [to.value.token] : [];
  });
  return [remoteSource(session), ...tokens].filter(({ kept }) => kept === "encrypted");
}
