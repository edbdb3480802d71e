import type { CodeUse } from "./diagnostic-codes.ts";
import { page, plain, table } from "./markdown.ts";

/** What an area's diagnostics are about; areas that speak for themselves need no words. */
const AREAS: Readonly<Record<string, string>> = {
  approval: "Answers of people to questions that a gate asked.",
  artifact: "The store of built files, named by their digest.",
  audit: "The log of decisions and effects.",
  build: "Builds of the local runner.",
  config: "`.codemonkeys/config.yaml`.",
  constitution: "`constitution.yaml`.",
  fleet: "`fleet.yaml`.",
  gate: "What the constitution answered.",
  internal: "Mistakes of the program.",
  journal: "Runs and their steps.",
  machine: "The machine that the program runs on.",
  manifest: "Manifests of packages, as files.",
  organisation: "The organisation's repository.",
  params: "The command line, or the parameters of a Jenkins step.",
  permit: "Permits; these show a mistake of the program or an attack on it.",
  servers: "Servers that the demo and the tests start.",
  spec: "`SPEC.md`.",
  stage: "Stages of the pipeline.",
  steps: "The step definitions, when files are generated from them.",
  swarm: "The Swarm DB.",
  user_config: "The user's own configuration: where the organisation lies.",
};

/** `docs/reference/diagnostics.md`: every code with what it says and what to do, by area. */
export function diagnosticsPage(uses: readonly CodeUse[]): string {
  const byCode = Map.groupBy(uses, ({ code }) => code);
  const codes = [...byCode.keys()].sort();
  const areas = Map.groupBy(codes, (code) => code.split(".")[0] ?? code);
  return page(
    "the program's source",
    "Diagnostics",
    "Everything that the program reports has a code that stays. Its kind says whose problem it is and decides the " +
      "[exit code](exit-codes.md). `{name}` stands for what is filled in; after → stands what to do next. The " +
      `${codes.length} codes are collected from the source, so that none is missing here.`,
    ...[...areas].map(([area, own]) =>
      [
        `## ${plain(area)}`,
        "",
        ...(AREAS[area] ? [AREAS[area], ""] : []),
        table(
          ["code", "kind", "what it says"],
          own.map((code) => row(code, byCode.get(code) ?? [])),
        ),
      ].join("\n"),
    ),
  );
}

function row(code: string, uses: readonly CodeUse[]): string[] {
  const kinds = unique(uses.flatMap(({ kind }) => kind.split(" or ")));
  const severities = unique(uses.map(({ severity }) => severity)).filter((severity) => severity !== "error");
  const said = unique(
    uses.map(({ messages, next }) => {
      const words = messages.map(plain).join(" – or – ");
      return next.length > 0 ? `${words} → ${next.map(plain).join(" – or – ")}` : words;
    }),
  );
  return [
    `\`${code}\``,
    [kinds.join(", "), ...severities.map((severity) => `(${severity})`)].join(" "),
    `${said.join("<br>")}<br><small>${unique(uses.map(({ file }) => plain(file))).join(", ")}</small>`,
  ];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
