import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../../jcasc/start");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codemonkeys-"));
  for (const folder of ["casc", "secrets", "bin"]) mkdirSync(join(root, folder));
  // Stands in for Java: says how it was started.
  writeFileSync(join(root, "bin/java"), '#!/bin/sh\necho "java $*"\n');
  chmodSync(join(root, "bin/java"), 0o755);
  writeFileSync(
    join(root, "environment"),
    [
      "CASC_JENKINS_CONFIG=$ROOT/casc",
      "SECRETS=$ROOT/secrets",
      "JENKINS_WAR=/opt/jenkins.war",
      "JENKINS_LISTEN=127.0.0.1",
      "JENKINS_PORT=8080",
      "JENKINS_JAVA_OPTIONS='-Xmx1g -Xms1g'",
      "",
    ].join("\n"),
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function start(config: string, environment: Record<string, string> = {}) {
  writeFileSync(join(root, "casc/jenkins.yaml"), config);
  return spawnSync(script, [join(root, "environment")], {
    encoding: "utf8",
    env: { PATH: `${join(root, "bin")}:${process.env.PATH}`, ROOT: root, ...environment },
  });
}

test("Jenkins starts when every name is a file or a variable", () => {
  writeFileSync(join(root, "secrets/acme-corp_npm_token"), "t");
  const { stdout, status } = start(
    'a: "${URL}"\nb: "${base64:${acme-corp_npm_token}}"\nc: "^${NOT_OURS} ${X:-default}"\n',
    {
      URL: "https://x.example",
    },
  );
  expect(status).toBe(0);
  expect(stdout).toContain("java -Xmx1g -Xms1g");
  expect(stdout).toContain("-jar /opt/jenkins.war --httpListenAddress=127.0.0.1 --httpPort=8080");
});

test("it does not start while a secret is missing or empty, and names every one", () => {
  writeFileSync(join(root, "secrets/empty_token"), "");
  const { stdout, stderr, status } = start('a: "${missing_token}"\nb: "${base64:${empty_token}}"\n');
  expect(status).toBe(78);
  expect(stderr).toContain(": empty_token missing_token");
  expect(stdout).toBe("");
});

test("the controller's own configuration names exactly what its page lists", () => {
  const config = join(import.meta.dirname, "../../../jcasc/jenkins.yaml");
  const { stderr } = start(execFileSync("cat", [config], { encoding: "utf8" }));
  const names = (stderr.trim().split("variable: ")[1] as string).split(" ");
  const page = execFileSync("cat", [join(import.meta.dirname, "../../../docs/jenkins/controller.md")], {
    encoding: "utf8",
  });
  for (const name of names) expect(page).toContain(`\`${name}\``);
});
