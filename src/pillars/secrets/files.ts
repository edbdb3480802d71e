import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, type Outcome, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { repositoryAt } from "../../pipeline/session-git.ts";
import type { EncryptedFile } from "../../tools/sops/sops.ts";

/** Whose secrets a file holds: a product's lie in its repository, a company's in the organisation's. */
export type Owner = "product" | "company";

/** A secrets file at the commit that counts, or that there is none. */
export interface SecretsFile extends Omit<EncryptedFile, "text"> {
  readonly owner: Owner;
  readonly environment: string | undefined;
  /** Undefined: it is not there. */
  readonly text: string | undefined;
  /** It lies in the work tree, but is not committed yet. */
  readonly uncommitted: boolean;
}

export const SECRETS_FOLDER = ".codemonkeys/secrets";

/** `.codemonkeys/secrets/payments.production.sops.yaml`; without an environment `.codemonkeys/secrets/payments.sops.yaml`. */
export function secretsPath(name: string, environment: string | undefined): string {
  return `${SECRETS_FOLDER}/${name}${environment === undefined ? "" : `.${environment}`}.sops.yaml`;
}

/**
 * The files that a product's secrets are looked for in, the nearest first: the product's before its company's, one of the
 * environment before one for all. The product's are read at its checked-out commit, the company's at the commit of the
 * organisation that judges this session: what is not committed does not count.
 */
export async function secretsFiles(
  session: Session,
  {
    environment,
    owners = ["product", "company"],
  }: { readonly environment?: string | undefined; readonly owners?: readonly Owner[] },
): Promise<Outcome<SecretsFile[]>> {
  const product = productOf(session);
  const files: SecretsFile[] = [];
  for (const owner of owners) {
    const place = owner === "product" ? product.path : session.organisation.path;
    const git = await repositoryAt(session, place);
    if (!git.ok) return git;
    const commit = owner === "product" ? "HEAD" : session.organisation.commit;
    for (const one of environment === undefined ? [undefined] : [environment, undefined]) {
      const path = secretsPath(owner === "product" ? product.name : product.company, one);
      const text = await git.value.readAt(commit, path);
      if (!text.ok && !text.diagnostics.some(({ code }) => code === "git.path_missing"))
        return fail(...text.diagnostics);
      files.push({
        path,
        owner,
        environment: one,
        text: text.ok ? text.value : undefined,
        uncommitted: !text.ok && owner === "product" && existsSync(join(place, path)),
      });
    }
  }
  return succeed(files);
}
