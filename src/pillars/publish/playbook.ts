import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fail, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { OpenProduct } from "../../pipeline/session.ts";

/**
 * The playbook of a name: the product's own folder goes before the program's library. A file of the library lies beside
 * the sources or, in a release, beside the bundle.
 */
export function findPlaybook(product: OpenProduct, name: string): Outcome<string> {
  const looked: string[] = [];
  const configured = product.config.get("ship.ansible.playbook_dir");
  if (configured !== undefined) looked.push(resolve(product.path, configured));
  let folder = import.meta.dirname;
  for (let up = 0; up < 4; up++) {
    looked.push(join(folder, "playbooks"));
    folder = dirname(folder);
  }
  for (const place of looked) {
    for (const ending of [".yml", ".yaml"]) {
      const file = join(place, `${name}${ending}`);
      if (existsSync(file)) return succeed(file);
    }
  }
  return fail(
    problem("config", "publish.no_playbook", `there is no playbook ${name}.yml`, {
      next: "check ship.ansible.playbook_dir, or reinstall the program with its playbooks",
      details: looked.map((place) => `looked in ${place}`).join("\n"),
    }),
  );
}
