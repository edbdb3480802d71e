import { groovyString } from "./groovy.ts";

/** Folder below a company's with its system jobs. No product can be called so: names begin with a letter. */
export const SYSTEM = "_system";

/**
 * The one beside it with the act half's jobs and the company's keys (zones: two). Jobs that run product code lie in neither:
 * a job finds the credentials of the folders that it is in.
 */
export const ACT = "_act";

/** System pipelines that start work, from the library at the version that the controller names. */
const STARTS_WORK = ["heal", "ship"] as const;

/** System pipelines of the act half (zones: two), from the organisation's protected ref. */
export const ACT_PIPELINES = ["land", "publish", "deploy", "apply", "watch"] as const;

/** Where an act pipeline lies in the organisation. */
export const actPath = (name: string) => `jenkinsfiles/${name}.Jenkinsfile`;

/** The library's file that it is a copy of: with one zone there is a `watch` too. */
export const actSource = (name: (typeof ACT_PIPELINES)[number]) =>
  `${name === "watch" ? "watch-act" : name}.Jenkinsfile`;

/** Texts of the system pipelines by file name. */
export type Pipelines = Readonly<Record<string, string>>;

/**
 * Job DSL for a company's system jobs, without the folder that they lie in. Repositories and versions come from the
 * controller's environment, so that the same file does on each; nothing else in braces, which Configuration as Code
 * would take for its own.
 */
export function systemJobs(company: string, zones: "one" | "two", pipelines: Pipelines): string[] {
  const names = [...STARTS_WORK, ...(zones === "one" ? ["watch"] : [])];
  return [
    ...declared(names.map((name) => [name, pipelines[`${name}.Jenkinsfile`]])),
    ...jobs(names, `${company}/${SYSTEM}/`, [
      `'\${CODEMONKEYS_LIBRARY_URL}'`,
      `'refs/tags/\${CODEMONKEYS_LIBRARY_VERSION}'`,
    ]),
  ];
}

/** Job DSL for the act half's jobs of a company, without the folder that they lie in. */
export function actJobs(company: string, pipelines: Pipelines): string[] {
  return [
    `def organisation = '\${CODEMONKEYS_ORGANISATION}'.split('#')`,
    "def protectedRef = 'refs/heads/' + (organisation.length > 1 ? organisation[1] : 'main')",
    ...declared(ACT_PIPELINES.map((name) => [name, pipelines[actSource(name)]])),
    ...jobs(ACT_PIPELINES, `${company}/${ACT}/`, ["organisation[0]", "protectedRef"]),
  ];
}

/** Jenkins drops what a job does not declare, and a pipeline declares its parameters with its first run only. */
function declared(pipelines: readonly (readonly [name: string, text: string | undefined])[]): string[] {
  return [
    "// Jenkins drops what a job does not declare, and a pipeline declares its parameters with its first run only.",
    "def declared = [",
    ...pipelines.map(([name, text = ""]) => `    ${name}: [${parametersOf(text).join(", ")}],`),
    "]",
  ];
}

function jobs(names: readonly string[], folder: string, at: readonly [repository: string, ref: string]): string[] {
  return [
    ...(names.includes("watch")
      ? [
          "// A webhook only wakes watch up: what happened is looked up. Without the plugin there is the pipeline's cron.",
          "def takesWebhooks = jm.isMinimumPluginVersionInstalled('generic-webhook-trigger', '2.0')",
        ]
      : []),
    `def names = [${names.map(groovyString).join(", ")}]`,
    "names.each { name ->",
    `    pipelineJob(${groovyString(folder)} + name) {`,
    "        definition {",
    ...definition(...at),
    "        }",
    ...parameters(),
    ...(names.includes("watch") ? webhook() : []),
    "    }",
    "}",
  ];
}

function webhook(): string[] {
  return [
    "        if (name == 'watch' && takesWebhooks) {",
    "            properties {",
    "                pipelineTriggers {",
    "                    triggers {",
    "                        genericTrigger {",
    "                            tokenCredentialId('codemonkeys-webhook-token')",
    "                            causeString('a webhook')",
    "                        }",
    "                    }",
    "                }",
    "            }",
    "        }",
  ];
}

/** A declarative pipeline's parameters and their defaults, as entries of a Groovy map. */
function parametersOf(pipeline: string): string[] {
  const found = pipeline.matchAll(
    /^\s*(string|booleanParam)\(name: '(\w+)', defaultValue: (?:'([^']*)'|(true|false))/gm,
  );
  return [...found].map(([, , name = "", text, flag]) => `${name}: ${flag ?? groovyString(text ?? "")}`);
}

function parameters(): string[] {
  return [
    "        parameters {",
    "            declared[name].each { key, value ->",
    "                value instanceof Boolean ? booleanParam(key, value) : stringParam(key, value)",
    "            }",
    "        }",
  ];
}

function definition(repository: string, ref: string): string[] {
  return [
    "            cpsScm {",
    "                scm {",
    "                    git {",
    `                        remote { url(${repository}) }`,
    "                        // By its whole name: a lightweight checkout takes a bare one for a branch.",
    `                        branch(${ref})`,
    "                    }",
    "                }",
    "                scriptPath('jenkinsfiles/' + name + '.Jenkinsfile')",
    "                lightweight(true)",
    "            }",
  ];
}
