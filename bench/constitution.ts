/**
 * Measures decisions per second over a constitution of 200 rules, on one core and unlogged, beside Cedar (Amazon's policy
 * engine: forbid beats permit, no match is deny) with the same rules and questions. Both are given their policy parsed
 * beforehand and must answer every question alike.
 *
 *   node bench/constitution.ts [--rules N] [--questions N] [--seconds N] [--seed N] [--json]
 *
 * The same is measured for conditions that do more than compare one fact with literals, for which Cedar has no words; a
 * property test holds what they answer to the CEL library.
 *
 * Cedar runs as WebAssembly: its figure includes carrying each question over that border, as any program on Node would.
 * Exits 1 when an answer differs or the aim is missed.
 */
import { parseArgs } from "node:util";
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { readConstitution } from "../src/constitution/constitution.ts";
import { decide } from "../src/constitution/decide.ts";
import { beyondComparisons, makePolicy, makeQuestions, type Question, seeded } from "./constitution/cases.ts";

const AIM = 200_000;

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "200" },
    questions: { type: "string", default: "5000" },
    seconds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

const random = seeded(Number(values.seed));
const policy = makePolicy(Number(values.rules), random);
const questions = makeQuestions(Number(values.questions), random);

const read = readConstitution(policy.yaml, { file: "constitution.yaml" });
if (!read.ok) throw new Error(read.diagnostics[0]?.message);
const constitution = read.value;
const parsed = preparsePolicySet("bench", { staticPolicies: policy.cedar });
if (parsed.type === "failure") throw new Error(parsed.errors[0]?.message);

const ours = ({ action, facts }: Question): boolean => decide(constitution, action, facts).answer === "allow";

const beyond = readConstitution(beyondComparisons(policy.yaml), { file: "constitution.yaml" });
if (!beyond.ok) throw new Error(beyond.diagnostics[0]?.message);
const oursBeyond = ({ action, facts }: Question): boolean => decide(beyond.value, action, facts).answer === "allow";

const cedars = ({ action, context }: Question): boolean => {
  const answer = statefulIsAuthorized({
    principal: { type: "User", id: "u" },
    action: { type: "Action", id: action },
    resource: { type: "Product", id: "p" },
    context,
    preparsedPolicySetId: "bench",
    entities: [],
  });
  if (answer.type === "failure") throw new Error(answer.errors[0]?.message);
  return answer.response.decision === "allow";
};

let allowed = 0;
let differing = 0;
for (const question of questions) {
  const own = ours(question);
  if (own) allowed += 1;
  if (own !== cedars(question)) differing += 1;
}

/**
 * Decisions per second of processor time (all threads of this process, so garbage collection counts): what one core does
 * when nothing else wants it. The median of five rounds, after one that is not counted.
 */
function rate(judge: (question: Question) => boolean): number {
  const roundMs = (Number(values.seconds) * 1000) / 5;
  const rates: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const started = process.cpuUsage();
    let done = 0;
    let spentMs = 0;
    while (spentMs < roundMs) {
      for (let index = 0; index < 100; index += 1) judge(questions[(done + index) % questions.length] as Question);
      done += 100;
      const { user, system } = process.cpuUsage(started);
      spentMs = (user + system) / 1000;
    }
    if (round > 0) rates.push((done / spentMs) * 1000);
  }
  return Math.round(rates.sort((a, b) => a - b)[2] as number);
}

const result = {
  rules: Number(values.rules),
  questions: questions.length,
  allowed,
  differing,
  decisionsPerSecond: rate(ours),
  beyondPerSecond: rate(oursBeyond),
  cedarPerSecond: rate(cedars),
};
const ratio = result.decisionsPerSecond / result.cedarPerSecond;
if (values.json) {
  console.log(JSON.stringify({ ...result, ratio: Number(ratio.toFixed(1)), aim: AIM }));
} else {
  console.log(
    `${result.rules} rules, ${result.questions} questions (${allowed} allowed), ${differing} answered otherwise`,
  );
  console.log(
    `constitution  ${result.decisionsPerSecond.toLocaleString("en")} decisions/s (aim ${AIM.toLocaleString("en")})`,
  );
  console.log(
    `  each rule with a function, a list or two facts besides: ${result.beyondPerSecond.toLocaleString("en")} decisions/s`,
  );
  console.log(`Cedar (wasm)  ${result.cedarPerSecond.toLocaleString("en")} decisions/s; ratio ${ratio.toFixed(1)}`);
}
if (differing > 0 || Math.min(result.decisionsPerSecond, result.beyondPerSecond) < AIM) process.exitCode = 1;
