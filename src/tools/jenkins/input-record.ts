import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { otherController, unknownBuild } from "./builds.ts";
import { type JenkinsConnection, readJson } from "./connection.ts";
import { buildAt } from "./names.ts";

/** Who answered `input` steps of a build, and who started it: by the controller's own record, not by the pipeline's word. */
export interface InputRecord {
  /** The build has not ended. */
  readonly building: boolean;
  /** User ids, once for each `input` that they let proceed. */
  readonly approvers: readonly string[];
  /** User ids of those who started it by hand. */
  readonly startedBy: readonly string[];
}

interface RecordJson {
  readonly building: boolean;
  readonly actions: readonly {
    readonly _class?: string;
    readonly userId?: string;
    readonly causes?: readonly { readonly userId?: string }[];
  }[];
}

/** What pipeline-input-step adds to a build each time a person lets an `input` proceed. */
const APPROVER = "org.jenkinsci.plugins.workflow.support.steps.input.ApproverAction";
const TREE = "building,actions[_class,userId,causes[_class,userId]]";

/**
 * Reads who approved in a build. Where the record of actions names nobody, the log's own lines do: the controller writes
 * `Approved by` with a link to the person, signed so that no build can print one.
 *
 * @param url the build's address, as BUILD_URL has it
 */
export async function readInputRecord(jenkins: JenkinsConnection, url: string): Promise<Outcome<InputRecord>> {
  const place = buildAt(jenkins.url, url);
  if (!place) return otherController(jenkins.url, url);
  const answered = await jenkins.get(`${place.path}/api/json?tree=${TREE}`);
  if (!answered.ok) return answered;
  if (answered.value.status === 404) return unknownBuild(place.job, place.number);
  const read = readJson<RecordJson>(answered.value.body);
  if (!read.ok) return read;
  const { building, actions } = read.value;
  const startedBy = actions.flatMap(({ causes }) => (causes ?? []).flatMap(({ userId }) => userId ?? []));
  const approvers = actions.flatMap(({ _class, userId }) => (_class === APPROVER && userId ? [userId] : []));
  if (approvers.length > 0) return succeed({ building, approvers, startedBy });
  const log = await jenkins.get(`${place.path}/logText/progressiveHtml?start=0`);
  if (!log.ok) return log;
  return succeed({ building, approvers: approversInLog(log.value.body.toString("utf8")), startedBy });
}

/**
 * User ids of the `Approved by` lines of a log in HTML. Only the controller's own note becomes a link of class
 * `model-link`; the same words printed by a build stay text, and an address in them becomes a plain link.
 */
export function approversInLog(html: string): string[] {
  const lines = html.matchAll(
    /Approved by <a href='[^'<>]*\/user\/([^'/<>]+)\/?' class='[^'<>]*\bmodel-link\b[^'<>]*'>/g,
  );
  return [...lines].map(([, id = ""]) => decodeURIComponent(id));
}
