import { existsSync } from "node:fs";
import { isAbsolute, join, posix, resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { type ResolvedInventory, readInventory } from "../../tools/ansible/inventory.ts";
import { organisationFiles } from "../library-files.ts";
import { writtenOut } from "../written-out.ts";

/** The configured inventory: where it lies, and what Ansible reads in it. */
export interface ConfiguredInventory {
  readonly path: string;
  readonly resolved: ResolvedInventory;
}

/** The inventory of `ship.ansible.inventory`; undefined where none is configured. */
export async function configuredInventory(session: Session): Promise<Outcome<ConfiguredInventory | undefined>> {
  const path = await configuredPath(session);
  if (!path.ok) return path;
  if (path.value === undefined) return succeed(undefined);
  const resolved = await readInventory(path.value, session);
  return resolved.ok ? succeed({ path: path.value, resolved: resolved.value }) : resolved;
}

/**
 * Where `ship.ansible.inventory` lies: an absolute path on this machine, else a file or folder of the organisation's
 * repository at the commit that decides, written out with the `group_vars` and `host_vars` beside it; of the product's own
 * where the organisation lets products say it. Undefined where none is configured.
 */
async function configuredPath(session: Session): Promise<Outcome<string | undefined>> {
  const product = productOf(session);
  const { value, from, where } = product.config.explain("ship.ansible.inventory");
  if (typeof value !== "string") return succeed(undefined);
  const missing = () =>
    fail(
      problem("config", "deploy.no_inventory", `there is no inventory ${value}`, {
        ...(where ? { where } : {}),
        next: "ship.ansible.inventory names a file or folder of the repository whose config says so, or an absolute path",
      }),
    );
  if (isAbsolute(value) || from === "product") {
    const file = resolve(product.path, value);
    return existsSync(file) ? succeed(file) : missing();
  }
  const path = posix.normalize(value).replace(/\/$/, "");
  const beside = posix.dirname(path) === "." ? "" : `${posix.dirname(path)}/`;
  const wanted = [`${path}/`, `${beside}group_vars/`, `${beside}host_vars/`];
  const files = await organisationFiles(
    session,
    (file) => file === path || wanted.some((folder) => file.startsWith(folder)),
  );
  if (!files.ok) return files;
  const there = Object.keys(files.value).some((file) => file === path || file.startsWith(`${path}/`));
  return there ? succeed(join(await writtenOut(session, files.value), path)) : missing();
}
