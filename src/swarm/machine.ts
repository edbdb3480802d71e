import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { fail, type Outcome, problem, succeed } from "../core/diagnostic.ts";
import type { Swarm } from "./open.ts";
import type { MachinesTable } from "./tables/fleet.ts";
import { transact } from "./transact.ts";

/** A machine, as far as a database that is a file has to know it. */
export interface Machine {
  /** Stays the same over restarts; undefined where the machine has nothing of the kind, as many containers. */
  readonly id: string | undefined;
  /** A number that the kernel makes at each start, and that all its containers share; undefined off Linux. */
  readonly boot: string | undefined;
  readonly host: string;
  /** The id was given by a person, who answers for it. */
  readonly given: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * This machine. `CODEMONKEYS_MACHINE_ID` names it where it has no lasting name of its own; else it is that of systemd
 * (machine-id(5)), hashed as its manual asks.
 */
export function thisMachine(environment: Environment): Machine {
  const given = environment.CODEMONKEYS_MACHINE_ID || undefined;
  const own = firstLine("/etc/machine-id") ?? firstLine("/var/lib/dbus/machine-id");
  const boot = firstLine("/proc/sys/kernel/random/boot_id");
  // Off Linux there is neither; there a host has one name and is no container.
  const name = given ?? own ?? (boot === undefined ? hostname() : undefined);
  return {
    id: name === undefined ? undefined : sha256(`codemonkeys ${name}`).slice(0, 32),
    boot,
    host: hostname(),
    given: given !== undefined,
  };
}

/**
 * Takes a database that is a file for this machine, or says why not: SQLite over a network's file system loses writes,
 * and copies of one file go different ways. A restart, another host name and containers on one kernel are all the same
 * machine; where that cannot be known, a file system that only one kernel can mount settles it. PostgreSQL is for any
 * number of machines, so that nothing is asked there.
 *
 * @param options.adopt takes it, whoever had it: a person says that the other machine is gone
 * @param options.look only says whether it could be taken
 */
export async function claimForMachine(
  swarm: Swarm,
  machine: Machine,
  options: {
    readonly adopt?: boolean;
    readonly look?: boolean;
    readonly shared?: (file: string) => Promise<boolean>;
  } = {},
): Promise<Outcome<void>> {
  if (swarm.kind === "postgres") return succeed(undefined);
  // Looked at before: a transaction does nothing but its database's work.
  const onNetwork = await (options.shared ?? onNetworkFileSystem)(swarm.place);
  const claimed = await transact(swarm, async (trx) => {
    const turns = await trx.selectFrom("machines").selectAll().orderBy("turn", "desc").execute();
    const [last] = turns;
    if (last && isSame(last, machine)) return undefined;
    const other = options.adopt ? undefined : otherMachine(turns, machine, onNetwork);
    if (other || options.look) return other;
    await trx
      .insertInto("machines")
      .values({
        turn: (last?.turn ?? 0) + 1,
        machine: machine.id ?? "",
        boot: machine.boot ?? "",
        host: machine.host,
        at: swarm.clock.now(),
      })
      .execute();
    return undefined;
  });
  if (!claimed.ok) return claimed;
  return claimed.value ? fail(refused(swarm, claimed.value)) : succeed(undefined);
}

/** Nothing has changed since the last time. Containers of one kernel may have several ids, or none. */
function isSame(last: MachinesTable, machine: Machine): boolean {
  if (!machine.given && machine.boot !== undefined) return last.boot === machine.boot;
  return last.machine === (machine.id ?? "");
}

/** The other machine, where there is one. */
function otherMachine(
  turns: readonly MachinesTable[],
  machine: Machine,
  onNetwork: boolean,
): MachinesTable | undefined {
  const [last] = turns;
  if (!last) return undefined;
  if (!machine.given && machine.boot !== undefined && turns.some(({ boot }) => boot === machine.boot)) {
    // A kernel that was followed by another start and is back: both run, as clones of a machine with one id do.
    return last;
  }
  if (machine.id !== undefined && last.machine !== "") return machine.id === last.machine ? undefined : last;
  return onNetwork ? last : undefined;
}

function refused(swarm: Swarm, other: MachinesTable) {
  return problem(
    "config",
    "swarm.other_machine",
    `nothing acts here: the Swarm database ${swarm.place} is another machine's (${other.host}, since ${new Date(other.at).toISOString()})`,
    {
      details:
        "A database that is a file is for one machine: shared over a network it loses writes, and its copies go different ways.",
      next: "for several machines name a PostgreSQL database as database.url_env in your configuration; when that machine is gone, `codemonkeys doctor --adopt-database` takes it over; a container whose machine changes gets a lasting name with CODEMONKEYS_MACHINE_ID",
    },
  );
}

/** File systems of the network, by their numbers in statfs(2): NFS, CIFS, SMB2, Ceph, AFS, 9P, Lustre, OCFS2, GFS2, FUSE. */
const NETWORK = new Set([
  0x6969, 0xff534d42, 0xfe534d42, 0x00c36400, 0x5346414f, 0x01021997, 0x0bd00bd0, 0x7461636f, 0x01161970, 0x65735546,
]);

async function onNetworkFileSystem(file: string): Promise<boolean> {
  const { type } = await statfs(dirname(file));
  return NETWORK.has(type);
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch (error) {
    // Not Linux, or a container without it.
    if (["ENOENT", "EACCES", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
