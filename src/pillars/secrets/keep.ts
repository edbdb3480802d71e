import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Gate, permitOf } from "../../constitution/gate.ts";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { Session } from "../../pipeline/session.ts";
import { editFile, publicKeyOf, putEntry, rotateFile } from "../../tools/sops/change.ts";
import { findPlace, type PlaceParams, type SecretsPlace } from "./place.ts";
import { sessionIdentity, setupRequired } from "./read.ts";

/** What a person did to a secrets file; it is committed and pushed by the person. */
export interface Kept {
  readonly path: string;
  readonly names: readonly string[];
  readonly recipients: readonly string[];
  readonly changed: boolean;
}

/** Puts one value into a file; makes the file for the given recipients, else for this machine's key, when it is not there. */
export async function setSecret(
  session: Session,
  params: PlaceParams & { readonly name: string; readonly value: string; readonly recipients: readonly string[] },
): Promise<Outcome<Kept>> {
  const { name, value } = params;
  if (name.endsWith("_unencrypted")) {
    return fail(
      problem("config", "secrets.bad_name", "SOPS leaves entries whose name ends in _unencrypted in plain text"),
    );
  }
  if (name === "sops") return fail(problem("config", "secrets.bad_name", "SOPS keeps its own words under `sops`"));
  const place = await findPlace(session, params);
  if (!place.ok) return place;
  const identity = sessionIdentity(session);
  if (place.value.contents && params.recipients.length > 0) {
    return fail(
      problem("config", "secrets.has_recipients", `${place.value.path} has its recipients already`, {
        next: "codemonkeys secrets rotate --add-recipient age1… adds one",
      }),
    );
  }
  const recipients = place.value.contents ? [] : await recipientsFor(place.value, params.recipients, session);
  if (recipients === undefined || (place.value.contents && !identity.exists)) {
    return fail(setupRequired([`an age key at ${identity.shown}: age-keygen -o FILE makes one`]));
  }
  const target = { repository: place.value.repository, path: place.value.path, names: [name] };
  const permit = permitOf(await gateOf(session)("secret.write", target, {}));
  if (!permit.ok) return permit;
  const put = await putEntry(
    permit.value,
    target,
    { name, value, before: place.value.text },
    {
      place: place.value,
      recipients,
      identity,
      redactor: session.redactor,
      signal: session.signal,
    },
  );
  return put.ok ? await kept(session, params, true, put.warnings) : put;
}

/** Encrypts a file with a new data key, perhaps for more or fewer people. */
export async function rotateSecrets(
  session: Session,
  params: PlaceParams & { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<Outcome<Kept>> {
  const place = await existing(session, params);
  if (!place.ok) return place;
  const { contents, repository, path } = place.value;
  const left = [...contents.recipients.filter((one) => !params.remove.includes(one)), ...params.add];
  if (left.length === 0) {
    return fail(
      problem("config", "secrets.no_recipient", `nobody could open ${path} any more`, {
        next: "add a recipient in the same command",
      }),
    );
  }
  const target = { repository, path, names: [...contents.names] };
  const permit = permitOf(await gateOf(session)("secret.write", target, {}));
  if (!permit.ok) return permit;
  const rotated = await rotateFile(permit.value, target, params, {
    place: place.value,
    identity: sessionIdentity(session),
    redactor: session.redactor,
    signal: session.signal,
  });
  if (!rotated.ok) return rotated;
  const removed = params.remove.length === 0 ? [] : [replaceThem(path, contents.names)];
  return await kept(session, params, true, [...rotated.warnings, ...removed]);
}

/** A file system that is not on disk. */
const MEMORY = "/dev/shm";

/** Opens a file's values in the person's editor. */
export async function editSecrets(session: Session, params: PlaceParams): Promise<Outcome<Kept>> {
  const place = await existing(session, params);
  if (!place.ok) return place;
  const { contents, repository, path } = place.value;
  const gate = gateOf(session);
  const names = [...contents.names];
  const targets = { read: { names }, write: { repository, path, names } };
  const write = permitOf(await gate("secret.write", targets.write, {}));
  if (!write.ok) return write;
  const read = permitOf(await gate("secret.read", targets.read, {}));
  if (!read.ok) return read;
  const memory = existsSync(MEMORY) && statSync(MEMORY).isDirectory() ? MEMORY : undefined;
  const edited = await editFile({ read: read.value, write: write.value }, targets, {
    place: place.value,
    identity: sessionIdentity(session),
    memory,
  });
  return edited.ok ? await kept(session, params, edited.value, edited.warnings) : edited;
}

function gateOf(session: Session): Gate {
  return session.gate.bound({ pillar: "org", attempt: 1, trigger: session.trigger });
}

async function existing(
  session: Session,
  params: PlaceParams,
): Promise<Outcome<SecretsPlace & { readonly contents: NonNullable<SecretsPlace["contents"]> }>> {
  const place = await findPlace(session, params);
  if (!place.ok) return place;
  const { contents, path } = place.value;
  if (!contents) {
    return fail(
      problem("config", "secrets.no_file", `there is no ${path}`, { next: "codemonkeys secrets set NAME makes it" }),
    );
  }
  const identity = sessionIdentity(session);
  if (!identity.exists) {
    return fail(setupRequired([`an age key at ${identity.shown}: this machine cannot open ${path} without it`]));
  }
  return succeed({ ...place.value, contents });
}

/** Whom a new file is for; none where the repository's `.sops.yaml` says it, undefined where nothing does. */
async function recipientsFor(
  { root }: SecretsPlace,
  given: readonly string[],
  session: Session,
): Promise<readonly string[] | undefined> {
  if (given.length > 0) return given;
  if (existsSync(join(root, ".sops.yaml"))) return [];
  const identity = sessionIdentity(session);
  const own = identity.exists ? await publicKeyOf(identity) : undefined;
  return own === undefined ? undefined : [own];
}

function replaceThem(path: string, names: readonly string[]) {
  return problem("secret", "secrets.known_to_removed", `whoever was removed from ${path} has read what stood there`, {
    severity: "warning",
    next: `make new tokens for ${names.join(", ")} where they come from, and set them again`,
  });
}

async function kept(
  session: Session,
  params: PlaceParams,
  changed: boolean,
  warnings: readonly ReturnType<typeof problem>[],
): Promise<Outcome<Kept>> {
  const place = await findPlace(session, params);
  if (!place.ok) return place;
  const { path, contents } = place.value;
  return succeed({ path, names: contents?.names ?? [], recipients: contents?.recipients ?? [], changed }, warnings);
}
