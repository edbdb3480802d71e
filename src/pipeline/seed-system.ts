import { groovyString } from "./groovy.ts";

/** Folder below a company's with its system jobs. No product can be called so: names begin with a letter. */
export const SYSTEM = "_system";

/** System pipelines of the work half, from the library at the version that the controller names. */
const FROM_LIBRARY = ["heal", "ship", "watch"] as const;

/** System pipelines of the act half (zones: two), from the organisation's protected ref. */
export const ACT_PIPELINES = ["land", "publish", "deploy"] as const;

/** Where an act pipeline lies in the library and in the organisation. */
export const actPath = (name: string) => `jenkinsfiles/${name}.Jenkinsfile`;

/** Texts of the system pipelines by file name. */
export type Pipelines = Readonly<Record<string, string>>;

/**
 * Job DSL for a company's system jobs, without the folder that they lie in. Repositories and versions come from the
 * controller's environment, so that the same file does on each; nothing else in braces, which Configuration as Code
 * would take for its own.
 */
export function systemJobs(company: string, zones: "one" | "two", pipelines: Pipelines): string[] {
  const folder = groovyString(`${company}/${SYSTEM}/`);
  const names = [...FROM_LIBRARY, ...(zones === "two" ? ACT_PIPELINES : [])];
  return [
    "// A webhook only wakes watch up: what happened is looked up. Without the plugin there is the pipeline's cron.",
    "def takesWebhooks = jm.isMinimumPluginVersionInstalled('generic-webhook-trigger', '2.0')",
    "// Jenkins drops what a job does not declare, and a pipeline declares its parameters with its first run only.",
    "def declared = [",
    ...names.map((name) => `    ${name}: [${parametersOf(pipelines[`${name}.Jenkinsfile`] ?? "").join(", ")}],`),
    "]",
    `def fromLibrary = [${FROM_LIBRARY.map(groovyString).join(", ")}]`,
    "fromLibrary.each { name ->",
    `    pipelineJob(${folder} + name) {`,
    "        definition {",
    ...definition(`'\${CODEMONKEYS_LIBRARY_URL}'`, `'refs/tags/\${CODEMONKEYS_LIBRARY_VERSION}'`),
    "        }",
    ...parameters(),
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
    "    }",
    "}",
    ...(zones === "two" ? actJobs(folder) : []),
  ];
}

function actJobs(folder: string): string[] {
  return [
    `def organisation = '\${CODEMONKEYS_ORGANISATION}'.split('#')`,
    "def protectedRef = 'refs/heads/' + (organisation.length > 1 ? organisation[1] : 'main')",
    `def fromOrganisation = [${ACT_PIPELINES.map(groovyString).join(", ")}]`,
    "fromOrganisation.each { name ->",
    `    pipelineJob(${folder} + name) {`,
    "        definition {",
    ...definition("organisation[0]", "protectedRef"),
    "        }",
    ...parameters(),
    "    }",
    "}",
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
