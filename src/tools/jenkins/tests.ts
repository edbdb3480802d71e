import type { TestResults } from "../../core/ci-backend.ts";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { unknownBuild } from "./builds.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";
import { jobPath } from "./names.ts";

interface ReportJson {
  readonly failCount?: number;
  readonly skipCount?: number;
  readonly passCount?: number;
  /** Of an aggregated report, which has no count of what passed. */
  readonly totalCount?: number;
  readonly suites?: readonly { readonly cases?: readonly CaseJson[] }[];
}

interface CaseJson {
  readonly className?: string | null;
  readonly name: string;
  readonly status: string;
  readonly errorDetails?: string | null;
}

const TREE = "failCount,skipCount,passCount,totalCount,suites[cases[className,name,status,errorDetails]]";
/** Failures that are named; all are counted. */
const MOST_NAMED = 50;
const MOST_OF_A_MESSAGE = 500;

/** What the JUnit plugin recorded of a build; undefined where it recorded nothing, or is not installed. */
export async function readTests(
  jenkins: JenkinsConnection,
  job: string,
  number: string,
): Promise<Outcome<TestResults | undefined>> {
  const build = `${jobPath(job)}/${number}`;
  const answered = await jenkins.get(`${build}/testReport/api/json?tree=${TREE}`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) {
    const there = await jenkins.get(`${build}/api/json?tree=number`);
    if (!there.ok) return there;
    return there.value.status === 404 ? unknownBuild(job, number) : succeed(undefined);
  }
  const read = readJson<ReportJson>(answered.value.body);
  if (!read.ok) return read;
  const { failCount: failed = 0, skipCount: skipped = 0, passCount = 0, totalCount, suites = [] } = read.value;
  const failures = suites
    .flatMap(({ cases = [] }) => cases)
    .filter(({ status }) => status === "FAILED" || status === "REGRESSION")
    .slice(0, MOST_NAMED)
    .map(({ className, name, errorDetails }) => ({
      name: className ? `${className}.${name}` : name,
      ...(errorDetails ? { message: errorDetails.slice(0, MOST_OF_A_MESSAGE) } : {}),
    }));
  return succeed({ total: totalCount ?? passCount + failed + skipped, failed, skipped, failures });
}
