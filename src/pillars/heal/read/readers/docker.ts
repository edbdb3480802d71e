import { BUILDKIT_LANE, type Line } from "../clean.ts";
import { gather, placeOf, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find } from "./text.ts";

// BuildKit: "#6 ERROR: …", then a box with the step's last words, the Dockerfile's lines, and "ERROR: failed to solve: …".
// Classic:  "The command '/bin/sh -c …' returned a non-zero code: 1", "COPY failed: …"; buildah: "Error: building at STEP …".
const SOLVE = /^(?:ERROR|error): (?:failed to (?:solve|build)|target .*?: failed to solve)[^:]*: (.*)$/i;
const CLASSIC =
  /^(?:The command '(.*)' returned a non-zero code: (\d+)|((?:COPY|ADD) failed: .*)|((?:unable to prepare context|pull access denied|manifest for .* not found|Error response from daemon|Cannot connect to the Docker daemon|invalid reference format|error during connect|failed to dial)\b.*)|[Ee]rror: (?:error )?building at STEP "(.*?)": (.*)|docker: (Error response from daemon.*)|Error: ((?:creating build container|determining starting point|no FROM statement found|parsing main Dockerfile|reading multiple stages|initializing source).*))$/;
const BOX = /^-{6}$/;

export const docker: ToolReader = {
  tool: "docker",
  hints: [
    "------",
    "failed to solve",
    "failed to build",
    "non-zero code",
    "COPY failed",
    "ADD failed",
    "docker daemon",
    "from daemon",
    "building at STEP",
    "prepare context",
    "access denied",
    "dockerfile",
    "build container",
    "FROM statement",
    "starting point",
    "multiple stages",
    "initializing source",
    "ERROR: ",
  ],
  start(line) {
    if (BOX.test(line.text)) return boxBlock(line);
    const solve = SOLVE.exec(line.text);
    if (solve !== null) return [draftOf(solve[1]!, { first: line.no, last: line.no }, undefined, undefined)];
    if (line.lane.includes(BUILDKIT_LANE) && /^ERROR: /.test(line.text))
      return [draftOf(line.text.slice(7), { first: line.no, last: line.no }, undefined, undefined)];
    const classic = CLASSIC.exec(line.text);
    return classic === null
      ? undefined
      : [
          draftOf(
            classic[6] ?? classic[8] ?? line.text,
            { first: line.no, last: line.no },
            undefined,
            classic[1] ?? classic[5],
          ),
        ];
  },
};

/** From the first rule of the box to the sentence that ends the build. */
function boxBlock(line: Line) {
  return gather(
    [line],
    ({ text }, held) => {
      if (held.length === 1) return /^ > /.test(text) ? "take" : "no";
      if (SOLVE.test(text)) return "last";
      return held.length < 200 && !/^##\[|^Post job cleanup/.test(text) ? "take" : "no";
    },
    (lines, range) => {
      const texts = lines.map(({ text }) => text);
      const end = texts.map((text) => SOLVE.exec(text)?.[1]).find(Boolean);
      if (lines.length < 2 || (end === undefined && !texts.some((text) => /^\S*[Dd]ockerfile\S*:\d+$/.test(text))))
        return [];
      const at = texts.map((text) => /^(\S+):(\d+)$/.exec(text)).find((match) => match !== null);
      const step = find(texts[1]!, /^ > (?:\[.*?\] )?(.*?):?$/);
      return [draftOf(end ?? `step failed: ${step}`, range, at ? placeOf(at[1]!, at[2]) : undefined, step)];
    },
  );
}

function draftOf(
  said: string,
  range: { first: number; last: number },
  place: ReturnType<typeof placeOf> | undefined,
  step: string | undefined,
) {
  const inner =
    /did not complete successfully: exit code: (\d+)|returned a non-zero code: (\d+)|while running runtime: exit status (\d+)/.exec(
      said,
    );
  const missing =
    find(said, /"(\/?[^"]+)"?: not found/) ??
    find(said, /(?:file not found in build context.*?|stat |lstat )([^\s:]+)/);
  return {
    tool: "docker",
    category: dockerCategory(said),
    message: said.trim(),
    ...range,
    place,
    // The step's own tool has said why; a step that was not run has nobody else to say it.
    ...(inner === null ? {} : { rank: "consequence" as const }),
    captures: {
      step,
      file: missing,
      image: find(
        said,
        /(?:docker\.io\/)?(?:library\/)?([\w./-]+:[\w.-]+): (?:not found|failed to|pull access|unexpected)/,
      ),
      exit_code: inner?.[1] ?? inner?.[2] ?? inner?.[3],
    },
  };
}

function dockerCategory(said: string): Category {
  if (
    /failed to compute cache key.*not found|failed to calculate checksum|(?:COPY|ADD) failed|prepare context|dockerfile parse error|unknown instruction|no FROM statement|reading multiple stages|parsing main|failed to read dockerfile|invalid reference format|no such file or directory/i.test(
      said,
    ) &&
    !/httpReadSeeker|timeout/i.test(said)
  )
    return "configuration";
  if (
    /pull access denied|manifest unknown|manifest for .* not found|(?:docker\.io|ghcr\.io|quay\.io)\S*: not found|failed to resolve source metadata/i.test(
      said,
    )
  )
    return categoryOf(said, "dependency_resolution");
  if (/daemon|error during connect|failed to dial/i.test(said)) return "infrastructure";
  return categoryOf(said, "unknown");
}
