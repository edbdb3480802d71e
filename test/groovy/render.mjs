// Writes the declarative Jenkinsfile of a plan to stdout: node render.mjs PLAN.json
import { readFileSync } from "node:fs";
import { renderJenkinsfile } from "../../src/pipeline/jenkinsfile.ts";
import { planSchema } from "../../src/pipeline/plan.ts";

process.stdout.write(renderJenkinsfile(planSchema.parse(JSON.parse(readFileSync(process.argv[2], "utf8")))));
