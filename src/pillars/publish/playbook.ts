import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { organisationFolder, ownPlaybooks } from "../library-files.ts";
import { writtenOut } from "../written-out.ts";

/**
 * The playbook of a name, as a file: one of the organisation's folder (`ship.ansible.playbook_dir`, read at the same
 * commit as its constitution) goes before the program's own. It runs in the act half with credentials, so a product's
 * folder counts only where the organisation lets products override the key.
 */
export async function findPlaybook(session: Session, name: string): Promise<Outcome<string>> {
  const library = await writtenOut(session, await ownPlaybooks());
  const folders = [await configuredFolder(session), succeed(library)];
  const looked: string[] = [];
  for (const folder of folders) {
    if (!folder.ok) return folder;
    if (folder.value === undefined) continue;
    looked.push(folder.value);
    for (const ending of [".yml", ".yaml"]) {
      const file = join(folder.value, `${name}${ending}`);
      if (existsSync(file)) return succeed(file);
    }
  }
  return fail(
    problem("config", "publish.no_playbook", `there is no playbook ${name}.yml`, {
      next: "check ship.ansible.playbook_dir, or reinstall the program",
      details: looked.map((place) => `looked in ${place}`).join("\n"),
    }),
  );
}

async function configuredFolder(session: Session): Promise<Outcome<string | undefined>> {
  const product = productOf(session);
  const { value, from } = product.config.explain("ship.ansible.playbook_dir");
  if (typeof value !== "string") return succeed(undefined);
  if (isAbsolute(value)) return succeed(value);
  if (from === "product") return succeed(resolve(product.path, value));
  const files = await organisationFolder(session, value);
  return files.ok ? succeed(await writtenOut(session, files.value)) : files;
}
