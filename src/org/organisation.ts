import { readConstitution } from "../constitution/constitution.ts";
import type { ConfigLayer } from "../core/config.ts";
import { type Diagnostic, fail, type Outcome, succeed } from "../core/diagnostic.ts";
import { readFleet } from "../pipeline/fleet.ts";
import type { OpenOrganisation } from "../pipeline/session.ts";
import { readSource, type SourceOptions } from "./organisation-source.ts";
import type { UserConfig } from "./user-config.ts";

/** An organisation and the text of its layer of the configuration. */
export interface FoundOrganisation {
  readonly organisation: OpenOrganisation;
  readonly configLayer: ConfigLayer | undefined;
}

/** Reads the organisation at its protected ref: constitution, fleet and configuration, all at one commit. */
export async function readOrganisation(user: UserConfig, options: SourceOptions): Promise<Outcome<FoundOrganisation>> {
  const source = await readSource(user, options);
  if (!source.ok) return source;
  const { path, commit } = source.value;
  const at = { commit };
  const constitution = readConstitution(source.value.constitution, { file: "constitution.yaml", ...at });
  const fleet = readFleet(source.value.fleet, { file: "fleet.yaml", ...at });
  const problems: Diagnostic[] = [];
  if (!constitution.ok) problems.push(...constitution.diagnostics);
  if (!fleet.ok) problems.push(...fleet.diagnostics);
  if (!constitution.ok || !fleet.ok) return fail(...problems);
  return succeed(
    {
      organisation: { path, commit, constitution: constitution.value, fleet: fleet.value },
      configLayer:
        source.value.config === undefined
          ? undefined
          : {
              layer: "organisation",
              text: source.value.config,
              file: "organisation/.codemonkeys/config.yaml",
              ...at,
            },
    },
    [...source.warnings, ...constitution.warnings, ...fleet.warnings],
  );
}
