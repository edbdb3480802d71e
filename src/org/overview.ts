import { join } from "node:path";
import { type Diagnostic, type Outcome, succeed } from "../core/diagnostic.ts";
import { recall, remember } from "../core/remember.ts";
import type { Overview, Workplace } from "../pipeline/session.ts";
import { openReader } from "../swarm/reader.ts";
import type { Opened } from "./open.ts";
import { readSource } from "./organisation-source.ts";
import { registerFleet } from "./secrets.ts";
import type { UserConfig } from "./user-config.ts";

type Known = Pick<Overview["organisation"], "mode" | "fleet">;

/**
 * The organisation and the database for a step that only shows how things stand: no gate, nothing written. The files of
 * an organisation that did not change since are not parsed and checked again.
 */
export async function openOverview(workplace: Workplace, user: UserConfig): Promise<Outcome<Opened>> {
  const { redactor, signal, clock, environment } = workplace;
  const opening = openReader({
    stateDir: user.homes.state,
    clock,
    ...(user.databaseUrl ? { url: user.databaseUrl } : {}),
  });
  const source = await readSource(user, { redactor, signal, acts: false });
  const state = await opening;
  const close = async () => {
    if (state.ok) await state.value.close();
  };
  const known = source.ok ? await checked(source.value, user) : source;
  if (!known.ok || !source.ok || !state.ok) {
    await close();
    return known.ok ? (state as Outcome<never>) : known;
  }
  registerFleet(known.value.fleet, environment, redactor);
  const session: Overview = {
    ...workplace,
    organisation: { commit: source.value.commit, ...known.value },
    state: state.value,
  };
  return succeed({ session, product: undefined, observed: undefined, close }, [...source.warnings, ...known.warnings]);
}

async function checked(
  source: { readonly commit: string; readonly constitution: string; readonly fleet: string },
  user: UserConfig,
): Promise<Outcome<Known>> {
  const file = join(user.homes.cache, "overview", "organisation.json");
  const texts = [source.constitution, source.fleet];
  const before = recall<{ readonly known: Known; readonly warnings: readonly Diagnostic[] }>(file, texts);
  if (before) return succeed(before.known, before.warnings);
  const [{ readConstitution }, { readFleet }] = await Promise.all([
    import("../constitution/constitution.ts"),
    import("../pipeline/fleet.ts"),
  ]);
  const at = { commit: source.commit };
  const constitution = readConstitution(source.constitution, { file: "constitution.yaml", ...at });
  const fleet = readFleet(source.fleet, { file: "fleet.yaml", ...at });
  if (!constitution.ok || !fleet.ok) {
    return {
      ok: false,
      diagnostics: [constitution, fleet].flatMap((read) => (read.ok ? [] : [...read.diagnostics])),
    };
  }
  const known: Known = { mode: constitution.value.document.mode, fleet: fleet.value.value };
  const warnings = [...constitution.warnings, ...fleet.warnings];
  await remember(file, texts, { known, warnings });
  return succeed(known, warnings);
}
