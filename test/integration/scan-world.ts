import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { homes } from "../../src/core/state-home.ts";
import { LOOP_RULES, type SpineWorld, spineWorld } from "../feature/spine-world.ts";
import { installed } from "./servers.ts";

const lodash = (id: string, title: string, severity: string, ghsa: string, score: number) => [
  {
    buckets: ["npm::GitHub Security Advisory npm", "lodash"],
    key: id,
    value: { PatchedVersions: ["4.17.21"], VulnerableVersions: ["< 4.17.21"] },
  },
  {
    buckets: ["vulnerability"],
    key: id,
    value: {
      Title: title,
      Severity: severity,
      VendorSeverity: { ghsa: severity === "HIGH" ? 3 : 1 },
      CVSS: { ghsa: { V3Score: score } },
      References: [`https://github.com/advisories/${ghsa}`],
    },
  },
];

/** What the small database of these tests knows: two advisories about lodash. */
const KNOWN = [
  {
    buckets: ["data-source"],
    key: "npm::GitHub Security Advisory npm",
    value: { ID: "ghsa", Name: "GitHub Security Advisory npm", URL: "https://github.com/advisories" },
  },
  ...lodash("CVE-2021-23337", "Command Injection in lodash", "HIGH", "GHSA-35jh-r3h4-6jhm", 7.2),
  ...lodash("CVE-2020-28500", "Slow regular expression in lodash", "LOW", "GHSA-29mw-wpgm-hmr9", 3.1),
];

const RUSTSEC = `\`\`\`toml
[advisory]
id = "RUSTSEC-2020-0071"
package = "time"
date = "2020-11-18"
aliases = ["CVE-2020-26235"]
cvss = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H"

[versions]
patched = [">= 0.2.23"]
\`\`\`

# Potential segfault in the time crate
`;

/** What the npm registry of the public internet answered about lodash 4.17.4, shortened to one of its advisories. */
const BULK = {
  lodash: [
    {
      id: 1106913,
      url: "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
      title: "Command Injection in lodash",
      severity: "high",
      vulnerable_versions: "<4.17.21",
      cwe: ["CWE-77"],
      cvss: { score: 7.2, vectorString: "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H" },
    },
  ],
};

/** An OSV server's answer about Jinja2 2.4.1, shortened. */
const OSV = {
  vulns: [
    {
      id: "PYSEC-2019-217",
      summary: "Sandbox escape in Jinja2",
      details: "In Pallets Jinja before 2.10.1, str.format_map allows a sandbox escape.",
      aliases: ["CVE-2019-10906"],
      modified: "2024-01-01T00:00:00Z",
      published: "2019-04-07T00:00:00Z",
      affected: [
        {
          package: { name: "jinja2", ecosystem: "PyPI" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "2.10.1" }] }],
        },
      ],
    },
  ],
};

export interface ScanWorld extends SpineWorld {
  /** The program, with the tools of these tests before all others. */
  scan(...args: string[]): ReturnType<SpineWorld["runWith"]>;
  /** How the npm registry answers: as recorded, or with this text. */
  answerNpm(text: string | undefined): void;
  /** Puts a program of this name before all others; undefined takes it away. */
  standIn(name: string, script: string): () => void;
  /** Rules beside the usual ones, and what else the constitution says. */
  policy(security: string, requires?: boolean): Promise<void>;
  /** How old Trivy's database claims to be. */
  age(at: string): void;
  /** Another environment for `scan`. */
  readonly environment: Record<string, string>;
}

export async function scanWorld(): Promise<ScanWorld> {
  const tools = ["trivy", "cargo-audit"].map(installed);
  let npm: string | undefined;
  const server: Server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    request.resume();
    if (request.url === "/v1/query") return response.end(JSON.stringify(OSV));
    if (request.url?.endsWith("/advisories/bulk")) return response.end(npm ?? JSON.stringify(BULK));
    // npm asks for the package's versions, to tell which update fixes it.
    if (request.url === "/lodash") {
      const versions = Object.fromEntries(
        ["4.17.4", "4.17.21"].map((version) => [
          version,
          { name: "lodash", version, dist: { tarball: "http://127.0.0.1/x" } },
        ]),
      );
      return response.end(JSON.stringify({ name: "lodash", "dist-tags": { latest: "4.17.21" }, versions }));
    }
    response.statusCode = 404;
    return response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const world = await spineWorld({
    front:
      "packages: [{ ecosystem: npm, path: . }, { ecosystem: cargo, path: rust }, { ecosystem: pypi, path: python }]\nstages: { test: node --test }",
    files: {
      "package.json": '{ "name": "payments", "version": "1.0.0", "dependencies": { "lodash": "4.17.4" } }\n',
      "package-lock.json": `${JSON.stringify({
        name: "payments",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: {
          "": { name: "payments", version: "1.0.0", dependencies: { lodash: "4.17.4" } },
          "node_modules/lodash": { version: "4.17.4", resolved: "https://localhost/lodash-4.17.4.tgz" },
        },
      })}\n`,
      "rust/Cargo.toml": '[package]\nname = "payments-core"\nversion = "1.0.0"\n',
      "rust/Cargo.lock":
        'version = 3\n\n[[package]]\nname = "time"\nversion = "0.1.43"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
      "python/pyproject.toml": '[project]\nname = "payments-py"\nversion = "1.0.0"\n',
      "python/requirements.txt": "jinja2==2.4.1\n",
      // The product would like to see nothing of this.
      ".trivyignore": "CVE-2021-23337\n",
      "rust/.cargo/audit.toml": '[advisories]\nignore = ["RUSTSEC-2020-0071"]\n',
      ".npmrc": "registry=http://127.0.0.1:1/\n",
    },
  });
  // pip-audit's environment, made once for all.
  const kept = join(homes().cache, "tools");
  mkdirSync(kept, { recursive: true });
  mkdirSync(join(world.root, "cache"), { recursive: true });
  symlinkSync(kept, join(world.root, "cache", "tools"));
  const cache = join(world.root, "trivy");
  const advisories = join(world.root, "rustsec");
  execFileSync(join(tools[0] as string, "make-trivy-db"), [cache], { input: JSON.stringify(KNOWN) });
  const put = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  put(join(advisories, "crates", "time", "RUSTSEC-2020-0071.md"), RUSTSEC);
  const age = (at: string) =>
    put(
      join(cache, "db", "metadata.json"),
      JSON.stringify({ Version: 2, UpdatedAt: at, NextUpdate: at, DownloadedAt: at }),
    );
  age(new Date().toISOString());
  await world.governConfig(
    `ship:\n  security: { offline: true, trivy_cache_dir: "${cache}", rustsec_db: "${advisories}", osv_url: "${url}/v1/query", timeout_minutes: 1 }\n  registries: { npm: { url: "${url}/" } }\n`,
  );
  const stands = join(world.root, "stand-ins");
  mkdirSync(stands);
  const environment = { PATH: [stands, ...tools, process.env.PATH].join(":") };
  return {
    ...world,
    environment,
    scan: (...args) => world.runWith(environment, ...args),
    answerNpm: (text) => {
      npm = text;
    },
    standIn(name, script) {
      const file = join(stands, name);
      put(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return () => execFileSync("rm", [file]);
    },
    policy: (security, requires = false) =>
      world.govern(
        LOOP_RULES,
        `security: ${security}\n${requires ? 'release: { requires: [{ that: scans.clean, because: "Nothing goes out unseen." }] }\n' : ""}`,
      ),
    age,
    async close() {
      server.closeAllConnections();
      server.close();
      await world.close();
    },
  };
}
