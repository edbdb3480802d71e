import { userInfo } from "node:os";
import { resolve } from "node:path";
import { type Outcome, succeed } from "../core/diagnostic.ts";
import { homes } from "../core/state-home.ts";
import type { Workplace } from "../pipeline/session.ts";
import type { Opened, OpenOptions } from "./opened.ts";
import { registerByName, registerUrlPassword } from "./secrets.ts";
import { readUserConfig } from "./user-config.ts";

/** Opens what a step needs: the organisation at its protected ref, the product, the database, the audit log, the gate. */
export async function openSession(options: OpenOptions): Promise<Outcome<Opened>> {
  const { environment, redactor, signal, clock } = options;
  registerByName(environment, redactor);
  const user = await readUserConfig(homes(environment), environment);
  if (!user.ok) return user;
  if (user.value.databaseUrl) registerUrlPassword(user.value.databaseUrl, redactor);
  const workplace: Workplace = {
    cwd: resolve(options.cwd),
    emit: options.emit,
    redactor,
    clock,
    homes: user.value.homes,
    signal,
    dryRun: options.dryRun,
    requester: requesterOf(environment),
    trigger: triggerOf(environment),
    environment,
  };
  if (options.needs === "nothing")
    return succeed({ session: workplace, product: undefined, observed: undefined, close: async () => {} });
  if (options.needs === "overview") {
    const { openOverview } = await import("./overview.ts");
    return openOverview(workplace, user.value);
  }
  const { openOrganisation } = await import("./open-organisation.ts");
  return openOrganisation(workplace, user.value, options);
}

/** Who asks: the person whom Jenkins or the host names, else the account of this machine. */
function requesterOf(environment: OpenOptions["environment"]): string {
  return environment.CODEMONKEYS_REQUESTER ?? environment.BUILD_USER_ID ?? userInfo().username;
}

function triggerOf(environment: OpenOptions["environment"]): Workplace["trigger"] {
  const said = environment.CODEMONKEYS_TRIGGER;
  if (said === "person" || said === "ci" || said === "cron" || said === "webhook" || said === "rollout") return said;
  return environment.JENKINS_URL || environment.GITHUB_ACTIONS ? "ci" : "person";
}
