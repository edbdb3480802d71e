import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the fake servers of one service are like. */
export interface Servers {
  readonly live: string;
  readonly canary?: { readonly version: string; readonly share: number };
}

/**
 * An `ansible-playbook` that keeps the deploy contract without Ansible's seconds: it moves versions and shares in a file
 * below `service_root`, says in check mode what it would change, and notes each change in a log. The playbook itself is
 * tried by test/integration/canary.test.ts.
 */
export function fakeAnsible(folder: string): {
  /** The folder of the program, for PATH. */
  readonly path: string;
  readonly root: string;
  servers(): Servers;
  /** Each change of traffic, in order: the share, or `all`, and the version. */
  changes(): string[];
  /** Lets the change to a share fail. */
  refuse(share: number): void;
} {
  const bin = join(folder, "bin");
  const root = join(folder, "servers");
  mkdirSync(bin, { recursive: true });
  mkdirSync(root, { recursive: true });
  const program = join(bin, "ansible-playbook");
  writeFileSync(program, `#!${process.execPath}\n${PROGRAM}`);
  chmodSync(program, 0o755);
  writeFileSync(join(root, "traffic.json"), '{"live":"1.0.0"}');
  const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "");
  return {
    path: bin,
    root,
    servers: () => JSON.parse(read("traffic.json") || '{"live":""}') as Servers,
    changes: () => read("changes.log").split("\n").filter(Boolean),
    refuse: (share) => writeFileSync(join(root, "broken"), String(share)),
  };
}

const PROGRAM = `
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
if (args.includes("--version")) {
  console.log("ansible-playbook [core 2.19.0]\\n  python version = 3 (main) (/usr/bin/python3)");
  process.exit(0);
}
const vars = {};
args.forEach((arg, at) => {
  if (args[at - 1] === "--extra-vars") Object.assign(vars, JSON.parse(arg[0] === "@" ? readFileSync(arg.slice(1), "utf8") : arg));
});
const tell = (event) => appendFileSync(process.env.CODEMONKEYS_ANSIBLE_EVENTS, JSON.stringify(event) + "\\n");
const at = (name) => vars.service_root + "/" + name;
const now = existsSync(at("traffic.json")) ? JSON.parse(readFileSync(at("traffic.json"), "utf8")) : { live: "" };
const { service_share: share, service_version: version } = vars;
const wanted =
  share === undefined
    ? { live: version }
    : share === 0
      ? { live: now.live }
      : { live: now.live, canary: { version, share } };
const changed = JSON.stringify(now) !== JSON.stringify(wanted);
const task = { play: "Deploy", task: "Move", path: "x.yml:1" };
tell({ event: "task", ...task });
if (changed && !args.includes("--check")) {
  const broken = existsSync(at("broken")) ? readFileSync(at("broken"), "utf8") : "";
  if (broken === String(share)) {
    tell({ event: "failed", ignored: false, host: "localhost", ...task, message: version + " is not well", output: "", changed: false });
    process.exit(2);
  }
  writeFileSync(at("traffic.json"), JSON.stringify(wanted));
  appendFileSync(at("changes.log"), (share === undefined ? "all" : share) + " " + version + "\\n");
}
const hosts = { localhost: { ok: 1, changed: changed ? 1 : 0, failures: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 } };
tell({ event: "stats", hosts, data: { ports: { localhost: { canary: 1, stable: 2 } } } });
`;
