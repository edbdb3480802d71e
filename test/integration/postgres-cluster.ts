import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A private PostgreSQL server on loopback, for one test file. */
export interface Cluster {
  readonly port: number;
  readonly password: string;
  /** Creates an empty database and answers its URL. */
  createDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }>;
  url(database: string): string;
  /** Runs SQL as the superuser; answers psql's unaligned output. */
  sql(database: string, text: string): string;
  start(): Promise<void>;
  /** `immediate` is PostgreSQL's own word for a crash. */
  stop(mode: "fast" | "immediate"): void;
  remove(): Promise<void>;
}

const USER = "monkeys";

/** Directory of the server's programs; a clear error where there are none. */
function binaries(): string {
  const versions = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql") : [];
  const debian = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  const found = [...debian, ...(process.env.PATH ?? "").split(delimiter)].find((dir) =>
    existsSync(join(dir, "initdb")),
  );
  if (!found) throw new Error("no PostgreSQL server on this machine: run scripts/install-postgres.sh");
  return found;
}

/** Makes and starts a cluster. The server refuses to run as root, which then runs it as another user. */
export async function startCluster(): Promise<Cluster> {
  const bin = binaries();
  const dir = await mkdtemp(join(tmpdir(), "codemonkeys-pg-"));
  const identity = unprivileged();
  await chmod(dir, 0o755);
  if (identity.uid !== undefined) await chown(dir, identity.uid, identity.gid ?? identity.uid);
  const password = "p@ss:w/rd ünd%20more";
  const data = join(dir, "data");
  const run = (program: string, args: string[]) => {
    const done = spawnSync(join(bin, program), args, { cwd: dir, encoding: "utf8", ...identity });
    if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.stderr}${done.stdout}`);
    return done.stdout;
  };
  await writeFile(join(dir, "password"), password, { mode: 0o644 });
  run("initdb", ["-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", join(dir, "password"), "-E", "UTF8", "-N"]);
  const port = await freePort();
  let databases = 0;
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=150`;
  const url = (database: string) => `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  const sql = (database: string, text: string) => {
    const args = [
      "-X",
      "-A",
      "-t",
      "-v",
      "ON_ERROR_STOP=1",
      "-h",
      "127.0.0.1",
      "-p",
      `${port}`,
      "-U",
      USER,
      "-c",
      text,
    ];
    const env = { ...process.env, PGPASSWORD: password };
    const done = spawnSync(join(bin, "psql"), [...args, database], { encoding: "utf8", env });
    if (done.status !== 0) throw new Error(done.stderr);
    return done.stdout.trim();
  };
  const cluster: Cluster = {
    port,
    password,
    url,
    sql,
    async createDatabase() {
      databases += 1;
      const name = `swarm_${databases}`;
      sql("postgres", `create database ${name}`);
      return { url: url(name), drop: async () => void sql("postgres", `drop database ${name} with (force)`) };
    },
    async start() {
      // Detached: pg_ctl's child must not hold this process's pipes open.
      const args = ["-D", data, "-o", options, "-l", join(dir, "log"), "-w", "start"];
      const child = spawn(join(bin, "pg_ctl"), args, { cwd: dir, stdio: "ignore", ...identity });
      const status = await new Promise((resolve) => child.once("exit", resolve));
      if (status !== 0) throw new Error(`pg_ctl start ended with ${status}: see ${join(dir, "log")}`);
    },
    stop: (mode) => void run("pg_ctl", ["-D", data, "-m", mode, "-w", "stop"]),
    async remove() {
      cluster.stop("immediate");
      await sleep(10);
      await rm(dir, { recursive: true, force: true });
    },
  };
  await cluster.start();
  return cluster;
}

function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, user], { encoding: "utf8" }).stdout.trim());
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("no unprivileged user to run PostgreSQL as");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
