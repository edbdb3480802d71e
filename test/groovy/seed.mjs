// Prints the Job DSL scripts that a controller runs, as JSON: those of jcasc/jenkins.yaml and of a fleet with two zones. What
// Configuration as Code would replace is replaced.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readFleet } from "../../src/pipeline/fleet.ts";
import { renderSeed } from "../../src/pipeline/seed.ts";

const root = join(import.meta.dirname, "../..");
const text = (name) => readFileSync(join(root, name), "utf8");
const pipelines = Object.fromEntries(
  readdirSync(join(root, "jenkinsfiles")).map((name) => [name, text(`jenkinsfiles/${name}`)]),
);
const fleet = readFleet(
  `companies:
  acme: { name: "Acme's \${HOME}", accounts: { github: { token_env: G }, crates_io: { token_env: C } } }
products:
  payments: { company: acme, priority: high, repo: "https://git.example/acme/payments.git" }
`,
  { file: "fleet.yaml" },
);
const seed = renderSeed(fleet.value, undefined, { zones: "two", sortsByPriority: true, pipelines });
const values = {
  CODEMONKEYS_LIBRARY_URL: "https://git.example/codemonkeys.git",
  CODEMONKEYS_LIBRARY_VERSION: "library-1.0.0",
  CODEMONKEYS_ORGANISATION: "https://git.example/organisation.git#policy",
};
const scripts = [text("jcasc/jenkins.yaml"), seed.value.file.text]
  .flatMap((file) => parse(file).jobs)
  .map(({ script }) =>
    script
      .replaceAll(/(?<!\^)\$\{base64:\$\{(\w+)\}\}/g, (_, name) => Buffer.from(`secret of ${name}`).toString("base64"))
      .replaceAll(/(?<!\^)\$\{(\w+)\}/g, (_, name) => values[name])
      .replaceAll("^${", "${"),
  );
process.stdout.write(JSON.stringify(scripts));
