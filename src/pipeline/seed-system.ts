import { groovyString } from "./groovy.ts";

/** Folder below a company's with its system jobs. No product can be called so: names begin with a letter. */
export const SYSTEM = "_system";

/** System pipelines of the work half, from the library at the version that the controller names. */
const FROM_LIBRARY = ["heal", "ship", "watch"] as const;

/** System pipelines of the act half (zones: two), from the organisation's protected ref. */
export const ACT_PIPELINES = ["land", "publish", "deploy"] as const;

/** Where an act pipeline lies in the library and in the organisation. */
export const actPath = (name: string) => `jenkinsfiles/${name}.Jenkinsfile`;

/**
 * Job DSL for a company's system jobs, without the folder that they lie in. Repositories and versions come from the
 * controller's environment, so that the same file does on each; nothing else in braces, which Configuration as Code
 * would take for its own.
 */
export function systemJobs(company: string, zones: "one" | "two"): string[] {
  const folder = groovyString(`${company}/${SYSTEM}/`);
  return [
    `[${FROM_LIBRARY.map(groovyString).join(", ")}].each { name ->`,
    `    pipelineJob(${folder} + name) {`,
    "        definition {",
    ...definition("'${CODEMONKEYS_LIBRARY_URL}'", "'refs/tags/${CODEMONKEYS_LIBRARY_VERSION}'"),
    "        }",
    "        // A webhook only wakes the pass up: what happened is looked up. Without the plugin there is the pipeline's cron.",
    "        if (name == 'watch' && jm.isMinimumPluginVersionInstalled('generic-webhook-trigger', '2.0')) {",
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
    "def organisation = '${CODEMONKEYS_ORGANISATION}'.split('#')",
    "def protectedRef = 'refs/heads/' + (organisation.length > 1 ? organisation[1] : 'main')",
    `[${ACT_PIPELINES.map(groovyString).join(", ")}].each { name ->`,
    `    pipelineJob(${folder} + name) {`,
    "        definition {",
    ...definition("organisation[0]", "protectedRef"),
    "        }",
    "    }",
    "}",
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
