import type { Target } from "../../core/action.ts";
import { type Diagnostic, fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Permit } from "../../core/permit.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { contentsOf } from "../../tools/sops/contents.ts";
import { type Identity, identityOf } from "../../tools/sops/identity.ts";
import { type EncryptedFile, readEntries, sopsThere } from "../../tools/sops/sops.ts";
import { type Owner, type SecretsFile, secretsFiles } from "./files.ts";

/** Who wants secrets, and how the gate is asked for them: with the facts of the run that acts. */
export interface Asking {
  readonly session: Session;
  readonly permit: (target: Target<"secret.read">) => Promise<Outcome<Permit<"secret.read">>>;
}

/** The names that were declared, and no others. */
export interface Wanted {
  readonly names: readonly string[];
  readonly environment?: string | undefined;
  /** An account of fleet.yaml is the company's, and a product's file has no say in it. */
  readonly owners?: readonly Owner[];
}

/**
 * Decrypts the declared entries in memory, in the act half, once the gate allows exactly these names. Everything that is
 * missing for it is told at once, as `secrets.setup_required`, before the gate is asked.
 */
export async function readSecrets(asking: Asking, wanted: Wanted): Promise<Outcome<ReadonlyMap<string, string>>> {
  if (wanted.names.length === 0) return succeed(new Map());
  const { session } = asking;
  const files = await secretsFiles(session, wanted);
  if (!files.ok) return files;
  const identity = sessionIdentity(session);
  const found = findEntries(files.value, wanted.names);
  if (!found.ok) return found;
  const lacking = await setupOf(session, identity, files.value, found.value);
  if (lacking.length > 0) return fail(setupRequired(lacking));
  const target = { names: [...wanted.names] };
  const permit = await asking.permit(target);
  if (!permit.ok) return permit;
  return await readEntries(permit.value, target, found.value.entries, {
    identity,
    redactor: session.redactor,
    signal: session.signal,
  });
}

/**
 * Whether everything is there that reading these sources later will need, without asking a gate or decrypting anything:
 * so that nothing is half done before a missing entry is noticed.
 */
export async function secretsReady(session: Session, wanted: readonly Wanted[]): Promise<Outcome<void>> {
  const identity = sessionIdentity(session);
  const lacking = new Set<string>();
  for (const one of wanted) {
    const files = await secretsFiles(session, one);
    if (!files.ok) return files;
    const found = findEntries(files.value, one.names);
    if (!found.ok) return found;
    for (const line of await setupOf(session, identity, files.value, found.value)) lacking.add(line);
  }
  return lacking.size > 0 ? fail(setupRequired([...lacking])) : succeed(undefined);
}

/** The age key that the configuration names; outside a product SOPS' own variables and default place are all there is. */
export function sessionIdentity(session: Session): Identity {
  return identityOf(session.product?.config.get("ship.secrets.sops_age_key"), session.environment);
}

interface Found {
  readonly entries: ReadonlyMap<string, EncryptedFile>;
  readonly missing: readonly string[];
}

function findEntries(files: readonly SecretsFile[], names: readonly string[]): Outcome<Found> {
  const entries = new Map<string, EncryptedFile>();
  for (const { path, text } of files) {
    if (text === undefined) continue;
    const contents = contentsOf(text, path);
    if (!contents.ok) return contents;
    for (const name of contents.value.names) {
      if (names.includes(name) && !entries.has(name)) entries.set(name, { path, text });
    }
  }
  return succeed({ entries, missing: names.filter((name) => !entries.has(name)) });
}

/** What a person has to set up first, each as one line. */
async function setupOf(
  session: Session,
  identity: Identity,
  files: readonly SecretsFile[],
  { missing }: Found,
): Promise<string[]> {
  const lacking: string[] = [];
  if (!(await sopsThere(session.signal))) lacking.push("the program sops: scripts/install-sops.sh builds it by name");
  if (!identity.exists) {
    lacking.push(
      `an age key at ${identity.shown}: age-keygen -o FILE makes one; whoever can open the secrets adds its public key with codemonkeys secrets rotate --add-recipient`,
    );
  }
  for (const name of missing) {
    const places = files.map(({ path, owner }) => `${path} of the ${owner === "product" ? "product" : "organisation"}`);
    const ofCompany = files.every(({ owner }) => owner === "company");
    const whose = ofCompany ? ` --company ${productOf(session).company} in a clone of the organisation` : "";
    const waiting = files.find(({ uncommitted }) => uncommitted);
    lacking.push(
      waiting
        ? `the secret ${name}: ${waiting.path} is not committed yet, and only what is committed counts`
        : `the secret ${name}: codemonkeys secrets set ${name}${whose}, then commit it (looked in ${places.join(", ")})`,
    );
  }
  return lacking;
}

export function setupRequired(lacking: readonly string[]): Diagnostic {
  const [first = "", ...rest] = lacking;
  const more = rest.length === 0 ? "" : ` and ${rest.length} more`;
  return problem("secret", "secrets.setup_required", `setup required: ${first.split(":")[0]}${more} is missing`, {
    next: "set up what is listed, then run the same command again",
    details: lacking.map((line) => `- ${line}`).join("\n"),
  });
}
