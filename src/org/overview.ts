import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import { recall, remember } from "../core/remember.ts";
import type { Overview, Workplace } from "../pipeline/session.ts";
import { openReader } from "../swarm/reader.ts";
import { localCommit, remoteCommit } from "../tools/git/mirror.ts";
import type { Opened } from "./opened.ts";
import type { OrganisationSource, SourceOptions } from "./organisation-source.ts";
import { registerFleet } from "./secrets.ts";
import type { UserConfig } from "./user-config.ts";

interface Remembered {
  readonly known: Overview["organisation"];
  readonly warnings: readonly Diagnostic[];
}

/**
 * The organisation and the database for a step that only shows how things stand: no gate, nothing written. The files of
 * an organisation that did not change since are not read and checked again.
 */
export async function openOverview(workplace: Workplace, user: UserConfig): Promise<Outcome<Opened>> {
  const { redactor, signal, clock, environment } = workplace;
  const opening = openReader({
    stateDir: user.homes.state,
    clock,
    ...(user.databaseUrl ? { url: user.databaseUrl } : {}),
  });
  const known = await organisationOf(workplace, user, { redactor, signal, acts: false });
  const state = await opening;
  const close = async () => {
    if (state.ok) await state.value.close();
  };
  if (!known.ok || !state.ok) {
    await close();
    return known.ok ? (state as Outcome<never>) : known;
  }
  registerFleet(known.value.fleet, environment, redactor);
  const session: Overview = { ...workplace, organisation: known.value, state: state.value };
  return succeed({ session, product: undefined, observed: undefined, close }, known.warnings);
}

/** What is shown of the organisation at its newest commit: as remembered, where that commit was read before. */
async function organisationOf(
  { cwd }: Workplace,
  user: UserConfig,
  options: SourceOptions,
): Promise<Outcome<Overview["organisation"]>> {
  const file = join(user.homes.cache, "overview", "organisation.json");
  const branch = user.organisation;
  let newest: SourceOptions["newest"];
  if (branch && existsSync(file)) {
    const local = localCommit(branch);
    newest = local === undefined ? await remoteCommit(branch, cwd, options) : succeed(local);
    const commit = newest.ok ? newest.value : undefined;
    const before = commit === undefined ? undefined : recall<Remembered>(file, [branch.url, branch.ref, commit]);
    if (before) return succeed(before.known, before.warnings);
  }
  const { readSource } = await import("./organisation-source.ts");
  const source = await readSource(user, { ...options, newest });
  if (!source.ok) return source;
  const known = await checked(source.value);
  if (!known.ok) return known;
  // A stale state is told each time.
  if (branch && source.warnings.length === 0) {
    const kept: Remembered = { known: known.value, warnings: known.warnings };
    await remember(file, [branch.url, branch.ref, known.value.commit], kept);
  }
  return succeed(known.value, [...source.warnings, ...known.warnings]);
}

async function checked({ commit, ...texts }: OrganisationSource): Promise<Outcome<Overview["organisation"]>> {
  const [{ readConstitution }, { readFleet }] = await Promise.all([
    import("../constitution/constitution.ts"),
    import("../pipeline/fleet.ts"),
  ]);
  const constitution = readConstitution(texts.constitution, { file: "constitution.yaml", commit });
  const fleet = readFleet(texts.fleet, { file: "fleet.yaml", commit });
  if (!constitution.ok || !fleet.ok) {
    return {
      ok: false,
      diagnostics: [constitution, fleet].flatMap((read) => (read.ok ? [] : [...read.diagnostics])),
    };
  }
  return succeed({ commit, mode: constitution.value.document.mode, fleet: fleet.value.value }, [
    ...constitution.warnings,
    ...fleet.warnings,
  ]);
}
