import { gather, type ToolReader } from "../reader.ts";
import type { Category } from "../report.ts";
import { npmAsks } from "./dependency-asks.ts";
import { categoryOf, find } from "./text.ts";

// npm ≤ 9: "npm ERR! code E404"; npm ≥ 10: "npm error code E404". One block of such lines is one failure.
const LINE = /^npm (?:ERR!|error) ?(.*)$/;

const BY_CODE: Readonly<Record<string, Category>> = {
  ERESOLVE: "dependency_conflict",
  EPEERINVALID: "dependency_conflict",
  ETARGET: "dependency_resolution",
  E404: "dependency_resolution",
  ENOVERSIONS: "dependency_resolution",
  EINVALIDTAGNAME: "dependency_resolution",
  EUNSUPPORTEDPROTOCOL: "dependency_resolution",
  EINTEGRITY: "dependency_lock",
  EUSAGE: "configuration",
  EJSONPARSE: "configuration",
  EBADENGINE: "configuration",
  EBADPLATFORM: "configuration",
  ENOWORKSPACES: "configuration",
  ENEEDAUTH: "secret_missing",
  E401: "secret_missing",
  E403: "secret_missing",
  EOTP: "secret_missing",
  ECONNREFUSED: "infrastructure",
  ECONNRESET: "infrastructure",
  ENOTFOUND: "infrastructure",
  ETIMEDOUT: "infrastructure",
  ENOSPC: "infrastructure",
  E500: "infrastructure",
  E502: "infrastructure",
  E503: "infrastructure",
  E504: "infrastructure",
  E429: "infrastructure",
};

export const npm: ToolReader = {
  tool: "npm",
  hints: ["npm err"],
  start(line) {
    if (!LINE.test(line.text)) return undefined;
    if (/^npm (?:ERR!|error)\s+(?:A complete log|\S*[\\/]_logs[\\/])/.test(line.text)) return [];
    return gather(
      [line],
      ({ text }) => (LINE.test(text) ? "take" : "no"),
      (lines, range) => {
        // Usage and pointers to log files say nothing about the cause.
        const useless = lines.findIndex(
          ({ text }, index) =>
            index > 0 && /^npm (?:ERR!|error) (?:Clean install|Usage:|A complete log|For a full report)/.test(text),
        );
        const telling = useless === -1 ? lines : lines.slice(0, useless);
        const said = telling.map(({ text }) => LINE.exec(text)?.[1] ?? "").filter((text) => text !== "");
        const all = said.join("\n");
        const code = find(all, /^code (\S+)/m);
        const told = said.find((text) => !BESIDE.test(text)) ?? said[0] ?? "npm failed";
        const lifecycle =
          /^Lifecycle script|^Failed at the |^code ELIFECYCLE|^command (?:failed|sh -c)|^Exit status/m.test(all) &&
          !/^(?:Missing script)/m.test(all);
        const missing =
          /Missing: (\S+) from lock file/.exec(all) ?? /Invalid: lock file's (\S+) does not satisfy/.exec(all);
        const lock =
          /package\.json and package-lock\.json.*are(?: not)? in sync|can only install with an existing package-lock|Missing: \S+ from lock file/.test(
            all,
          );
        const notFound =
          /(?:'|")?((?:@[\w.~-]+\/)?[\w.~-]+)@([^'"\s]+?)(?:'|")? is not in (?:this|the npm) registry/.exec(all) ??
          /No matching version found for ((?:@[\w.~-]+\/)?[\w.~-]+)@(\S+?)\.?$/m.exec(all);
        const target =
          find(missing?.[1] ?? "", /^((?:@[^/]+\/)?[^@]+)@/) ??
          notFound?.[1] ??
          find(all, /peer (?:@?[\w./-]+?)@.* from ((?:@[\w.~-]+\/)?[\w.~-]+)@/);
        const script = find(all, /Missing script: "?([^"\n]+)"?/) ?? find(all, /missing script: (\S+)/);
        const category: Category = lock
          ? "dependency_lock"
          : script !== undefined
            ? "configuration"
            : (BY_CODE[code ?? ""] ?? categoryOf(all, "unknown"));
        return [
          {
            tool: "npm",
            category: category === "configuration" && /package-lock/.test(told) ? "dependency_lock" : category,
            message: lock
              ? "package.json and package-lock.json are not in sync"
              : (conflictIn(all) ?? told.replace(/^notarget |^404\s+|^Error: /, "").trim()),
            ...(conflictIn(all) === undefined ? {} : { gist: told }),
            first: range.first,
            last: telling.findLast(({ text }) => (LINE.exec(text)?.[1] ?? "") !== "")?.no ?? range.last,
            ...(lifecycle && (code === undefined || code === "ELIFECYCLE" || /^\d+$/.test(code))
              ? { rank: "consequence" as const }
              : {}),
            captures: {
              rule: code,
              package: target,
              version: notFound?.[2] ?? find(missing?.[1] ?? "", /@([^@]+)$/),
              script,
              suggestion: find(all, /Did you mean (?:this|one of these)\?\s+npm (?:run )?(\S+)/),
              file: find(all, /^path (\S+)/m),
              command: find(all, /^command (?:sh -c )?(.+)$/m),
              peer: find(all, /Could not resolve dependency:\s+(?:dev |optional )?peer ((?:@[\w.~-]+\/)?[\w.~-]+)@/),
              ...npmAsks(all),
            },
            key: [code, category === "configuration" && script !== undefined ? "script" : target]
              .filter(Boolean)
              .join(" "),
          },
        ];
      },
    );
  },
};

/** npm's tree of ERESOLVE in one sentence: who wants what, and what is there. */
function conflictIn(all: string): string | undefined {
  if (!/^code ERESOLVE$/m.test(all)) return undefined;
  const found = find(all, /^Found: (\S+)/m);
  const wants = /(?:peer|peerOptional) (\S+?)@"([^"]+)" from (\S+)/.exec(all.slice(all.indexOf("Could not resolve")));
  return found === undefined || wants === null
    ? undefined
    : `ERESOLVE: ${wants[3]} wants ${wants[1]} ${wants[2]} as its peer, and ${found} is there`;
}

/** Lines that say nothing by themselves. */
const BESIDE =
  /^(?:code|errno|syscall|path|command|signal|location|workspace|A complete log|\s*\S*_logs|This is probably not|There is likely|network |Lifecycle script|node_modules|dest|spawnargs|Log files|cwd|stack|shasum|\s*$)/;
