import * as z from "zod";
import { type Diagnostic, fail, messageOf, type Outcome, problem, succeed } from "../../core/diagnostic.ts";
import type { CanaryCriterion, CanaryHealth } from "../../pipeline/canary-schema.ts";
import { productOf, type Session } from "../../pipeline/session.ts";
import { getText, shown } from "../../tools/http/get.ts";
import { runWork } from "../../tools/sandbox/sandbox.ts";
import { type Look, type Reading, thinned } from "./look.ts";

/** What a look asks about. */
export interface HealthQuestion {
  readonly health: CanaryHealth;
  readonly criteria: Readonly<Record<string, CanaryCriterion>>;
  /** The stretch of time, milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly environment: string;
  readonly versions: Readonly<Record<Side, string>>;
  /** How each server is reached, and where the two versions listen there; ports only where the playbook told them. */
  readonly hosts: readonly { readonly host: string; readonly ports?: Readonly<Record<Side, number>> | undefined }[];
  /** The counts of the look before, where the health question counts from a service's begin. */
  readonly before: Look["totals"];
}

type Side = "canary" | "stable";
const SIDES = ["canary", "stable"] as const;

/** What was read, and what of it was missing. */
export interface HealthAnswer extends Pick<Look, "canary" | "stable" | "totals"> {}

const TIMEOUT_MS = 20_000;
const COMMAND_MS = 120_000;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Asks about a stretch of time. Only not being answered at all is a failure; a criterion that the answer has nothing about
 * is left out of the reading and told as a warning, so that it is never taken for health.
 */
export async function askHealth(session: Session, question: HealthQuestion): Promise<Outcome<HealthAnswer>> {
  const { health } = question;
  const read =
    health.prometheus !== undefined
      ? await askPrometheus(session, question, health.prometheus)
      : await askJson(session, question);
  if (!read.ok || health.counting === "window") return read;
  const { canary, stable } = read.value;
  const before = question.before;
  return succeed(
    {
      canary: before ? sinceThen(canary, before.canary) : {},
      stable: before ? sinceThen(stable, before.stable) : {},
      totals: { canary: countsOf(canary), stable: countsOf(stable) },
    },
    before ? read.warnings : [],
  );
}

type Readings = Look["canary"];

function countsOf(readings: Readings): Readings {
  return Object.fromEntries(Object.entries(readings).filter(([, reading]) => !("values" in reading)));
}

/** Differences of counts; a count that went back began anew with its service. */
function sinceThen(now: Readings, before: Readings): Readings {
  const found: Record<string, Reading> = {};
  for (const [name, reading] of Object.entries(now)) {
    const earlier = before[name];
    if ("values" in reading) found[name] = reading;
    else if (earlier && !("values" in earlier)) {
      const restarted = reading.of < earlier.of || reading.bad < earlier.bad;
      found[name] = restarted ? reading : { bad: reading.bad - earlier.bad, of: reading.of - earlier.of };
    }
  }
  return found;
}

// Answers with JSON: over HTTP, or printed by a command of the product.

async function askJson(session: Session, question: HealthQuestion): Promise<Outcome<HealthAnswer>> {
  const answers: Record<Side, unknown[]> = { canary: [], stable: [] };
  const { url = "" } = question.health;
  if (question.health.command !== undefined || !url.includes("{side}")) {
    const hosts = url.includes("{host}") ? question.hosts : question.hosts.slice(0, 1);
    for (const at of hosts) {
      const answer =
        question.health.command === undefined
          ? await getJson(session, filled(url, { ...wordsOf(session, question), ...placeWords(at) }))
          : await askCommand(session, question, question.health.command);
      if (!answer.ok) return answer;
      for (const side of SIDES) answers[side].push(valueAt(answer.value, side));
    }
  } else {
    const each = /\{(host|port)\}/.test(url) ? question.hosts : question.hosts.slice(0, 1);
    const silent: Diagnostic[] = [];
    for (const at of each) {
      for (const side of SIDES) {
        if (url.includes("{port}") && at.ports === undefined) return fail(noPort());
        const version = question.versions[side];
        const words = { ...wordsOf(session, question), ...placeWords(at, side), side, version };
        const answer = await getJson(session, filled(url, words));
        // One side that is silent is missing data of that side: a version that is down must not hide the other one.
        answers[side].push(answer.ok ? answer.value : undefined);
        if (!answer.ok) silent.push(...answer.diagnostics);
      }
    }
    if (SIDES.every((side) => answers[side].every((one) => one === undefined))) return fail(...silent.slice(0, 1));
  }
  const missing: string[] = [];
  const readingsOf = (side: Side): Readings => {
    const found: Record<string, Reading> = {};
    for (const [name, criterion] of Object.entries(question.criteria)) {
      const parts = answers[side].map((answer) => readingIn(answer, criterion));
      const known = parts.filter((part) => part !== undefined);
      // With several servers a part of the answer would be another mixture than the last look's.
      if (known.length === parts.length && known.length > 0) found[name] = added(known);
      else missing.push(`${name} of the ${side} version`);
    }
    return found;
  };
  return succeed({ canary: readingsOf("canary"), stable: readingsOf("stable") }, warned(missing));
}

function readingIn(answer: unknown, criterion: CanaryCriterion): Reading | undefined {
  if (criterion.values !== undefined) {
    const value = valueAt(answer, criterion.values);
    const list = Array.isArray(value) ? value : [value];
    return list.every((one) => typeof one === "number" && Number.isFinite(one)) ? { values: thinned(list) } : undefined;
  }
  return counted(valueAt(answer, criterion.bad ?? ""), valueAt(answer, criterion.of ?? ""));
}

function counted(bad: unknown, of: unknown): Reading | undefined {
  const isCount = (value: unknown): value is number =>
    typeof value === "number" && Number.isFinite(value) && value >= 0;
  if (!isCount(bad) || !isCount(of) || bad > of) return undefined;
  return { bad: Math.min(Math.round(bad), Math.round(of)), of: Math.round(of) };
}

function added(readings: readonly Reading[]): Reading {
  const values = readings.flatMap((one) => ("values" in one ? one.values : []));
  if (values.length > 0 || readings.every((one) => "values" in one)) return { values: thinned(values) };
  let [bad, of] = [0, 0];
  for (const one of readings) {
    if ("values" in one) continue;
    bad += one.bad;
    of += one.of;
  }
  return { bad, of };
}

/** The value at a dotted path; undefined where there is none. */
function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (at, key) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, key)
          ? (at as Record<string, unknown>)[key]
          : undefined,
      value,
    );
}

async function getJson(session: Session, url: string): Promise<Outcome<unknown>> {
  const got = await getText(url, { timeoutMs: TIMEOUT_MS, maxBytes: MOST_BYTES, signal: session.signal });
  if (!got.ok) return got;
  if (got.value.status !== 200) {
    return fail(
      problem(
        "infrastructure",
        "canary.no_answer",
        `${shown(url)} answered ${got.value.status} when asked about the health`,
        {
          next: "check health of the canary in SPEC.md",
        },
      ),
    );
  }
  return parsed(got.value.body, shown(url));
}

function parsed(text: string, who: string): Outcome<unknown> {
  try {
    return succeed(JSON.parse(text));
  } catch (error) {
    return fail(
      problem("infrastructure", "canary.bad_answer", `${who} gave no JSON about the health: ${messageOf(error)}`, {
        next: "check health of the canary in SPEC.md",
      }),
    );
  }
}

async function askCommand(session: Session, question: HealthQuestion, command: string): Promise<Outcome<unknown>> {
  const { from, to, versions, environment } = question;
  const done = await runWork(command, {
    cwd: productOf(session).path,
    network: "host",
    timeoutMs: COMMAND_MS,
    redactor: session.redactor,
    signal: session.signal,
    homes: session.homes,
    env: {
      CANARY_FROM: String(Math.floor(from / 1000)),
      CANARY_TO: String(Math.floor(to / 1000)),
      CANARY_VERSION: versions.canary,
      CANARY_STABLE_VERSION: versions.stable,
      CANARY_ENVIRONMENT: environment,
    },
  });
  if (done.exitCode === 0) return parsed(done.stdout, "the health command");
  return fail(
    problem(
      "product",
      "canary.command_failed",
      `the health command of the canary failed (${done.exitCode ?? done.ended})`,
      {
        details: `${done.stdout}\n${done.stderr}`.trim().slice(-2000),
        next: `run it by itself: ${command}`,
      },
    ),
  );
}

// Answers of Prometheus.

const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  status: z.literal("success"),
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.literal("vector"), result: z.array(z.object({ value: sample })) }),
    z.object({ resultType: z.literal("matrix"), result: z.array(z.object({ values: z.array(sample) })) }),
    z.object({ resultType: z.literal("scalar"), result: sample }),
  ]),
});

/** Points that a range query has at most; each is one measurement. */
const POINTS = 20;

async function askPrometheus(
  session: Session,
  question: HealthQuestion,
  server: string,
): Promise<Outcome<HealthAnswer>> {
  const answer: Record<Side, Readings> = { canary: {}, stable: {} };
  const missing: string[] = [];
  const [from, to] = [question.from / 1000, question.to / 1000];
  const ask = async (side: Side, query: string, range: boolean): Promise<Outcome<number[]>> => {
    const words = { ...wordsOf(session, question), side, version: question.versions[side] };
    const url = new URL(`${server.replace(/\/$/, "")}/api/v1/${range ? "query_range" : "query"}`);
    url.searchParams.set("query", filled(query, words, String));
    const times = range ? { start: from, end: to, step: Math.max(1, (to - from) / POINTS) } : { time: to };
    for (const [key, value] of Object.entries(times)) url.searchParams.set(key, String(value));
    const got = await getJson(session, url.href);
    if (!got.ok) return got;
    const read = answerSchema.safeParse(got.value);
    if (!read.success) {
      return fail(problem("infrastructure", "canary.bad_answer", `${shown(url.href)} answers as no Prometheus does`));
    }
    const { data } = read.data;
    const samples =
      data.resultType === "scalar"
        ? [data.result]
        : data.resultType === "vector"
          ? data.result.map(({ value }) => value)
          : data.result.flatMap(({ values }) => values);
    return succeed(samples.map(([, text]) => Number(text)).filter(Number.isFinite));
  };
  for (const side of SIDES) {
    for (const [name, criterion] of Object.entries(question.criteria)) {
      const reading = await readingBy(criterion, (query, range) => ask(side, query, range));
      if (!reading.ok) return reading;
      if (reading.value === undefined) missing.push(`${name} of the ${side} version`);
      else answer[side][name] = reading.value;
    }
  }
  return succeed(answer, warned(missing));
}

async function readingBy(
  { values, bad = "", of = "" }: CanaryCriterion,
  ask: (query: string, range: boolean) => Promise<Outcome<number[]>>,
): Promise<Outcome<Reading | undefined>> {
  if (values !== undefined) {
    const points = await ask(values, true);
    if (!points.ok) return points;
    return succeed(points.value.length > 0 ? { values: thinned(points.value) } : undefined);
  }
  const [failed, all] = [await ask(bad, false), await ask(of, false)];
  if (!failed.ok) return failed;
  if (!all.ok) return all;
  if (all.value.length === 0) return succeed(undefined);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  // A series of failures begins with the first one: no series and requests are no failure.
  return succeed(counted(Math.min(sum(failed.value), sum(all.value)), sum(all.value)));
}

// Words of addresses and queries.

type Words = Readonly<Record<string, string>>;

function wordsOf(session: Session, { from, to, environment, versions }: HealthQuestion): Words {
  return {
    product: productOf(session).name,
    environment,
    version: versions.canary,
    stable_version: versions.stable,
    from: String(Math.floor(from / 1000)),
    to: String(Math.floor(to / 1000)),
    seconds: String(Math.max(1, Math.round((to - from) / 1000))),
  };
}

function placeWords({ host, ports }: HealthQuestion["hosts"][number], side?: Side): Words {
  const port = side === undefined ? undefined : ports?.[side];
  return { host, ...(port === undefined ? {} : { port: String(port) }) };
}

const WORD = /\{(side|host|port|version|stable_version|product|environment|from|to|seconds)\}/g;

function filled(text: string, words: Words, encode: (word: string) => string = encodeURIComponent): string {
  return text.replace(WORD, (whole, name: string) => (words[name] === undefined ? whole : encode(words[name])));
}

function noPort(): Diagnostic {
  return problem(
    "config",
    "canary.no_port",
    "health.url has {port}, and the playbook does not say where the versions listen",
    {
      next: "let the playbook hand back `ports` with ansible.builtin.set_stats, or write the port into the address",
    },
  );
}

function warned(missing: readonly string[]): Diagnostic[] {
  if (missing.length === 0) return [];
  return [
    problem("infrastructure", "canary.missing_data", `the health answer has nothing for ${missing.join(", ")}`, {
      severity: "warning",
      next: "until it has, nothing is promoted",
    }),
  ];
}
