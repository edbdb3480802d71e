import type { Draft, ToolReader } from "../reader.ts";
import { placeOf } from "../reader.ts";
import type { Category } from "../report.ts";
import { categoryOf, find } from "./text.ts";

/**
 * What shells, git and the small Unix tools say in one line, and the sentences by which machines, networks and CI systems
 * announce that they, not the product, failed.
 */
interface Sentence {
  readonly tool: string;
  readonly pattern: RegExp;
  readonly category: Category;
  /** Names of the pattern's groups, in order. `message` replaces the whole line as the message. */
  readonly groups?: readonly string[];
}

const SENTENCES: readonly Sentence[] = [
  // Machines and CI systems.
  {
    tool: "disk",
    pattern: /\b(No space left on device|Disk quota exceeded)\b/i,
    category: "infrastructure",
    groups: ["message"],
  },
  {
    tool: "memory",
    pattern:
      /(?:FATAL ERROR: .*JavaScript heap out of memory|java\.lang\.OutOfMemoryError|^fatal error: runtime: out of memory|Cannot allocate memory|There is insufficient memory for the Java Runtime|oom-kill|Out of memory: Killed process)/,
    category: "infrastructure",
  },
  {
    tool: "github-actions",
    pattern:
      /(?:The runner has received a shutdown signal|lost communication with the server|The job running on runner .* has exceeded the maximum execution time|The operation was canceled\.|No runner matching|The hosted runner encountered an error)/,
    category: "infrastructure",
  },
  {
    tool: "github-actions",
    pattern: /^(?:Error: )?Input required and not supplied: (\S+)/,
    category: "secret_missing",
    groups: ["secret"],
  },
  {
    tool: "github-actions",
    pattern:
      /^(?:Error: )?(Unable to resolve action .*|Can't find 'action\.yml'.*|The workflow is not valid.*|Unrecognized named-value.*)/,
    category: "configuration",
    groups: ["message"],
  },
  {
    tool: "jenkins",
    pattern:
      /(?:Agent (?:.* )?was (?:removed|deleted|marked offline)|Cannot contact .*: |hudson\.remoting\.(?:ChannelClosed|RequestAbortedException)|java\.nio\.channels\.ClosedChannelException|Remote call on .* failed|wrapper script does not seem to be touching the log file|Cancelling nested steps due to timeout|Timeout has been exceeded)/,
    category: "infrastructure",
  },
  {
    tool: "jenkins",
    pattern: /^(?:ERROR: |.*CredentialNotFoundException: )Could not find credentials entry with ID '?([^']+?)'?$/,
    category: "secret_missing",
    groups: ["secret"],
  },
  {
    tool: "jenkins",
    pattern: /^(?:java\.lang\.NoSuchMethodError: )?(No such DSL method '([^']+)' found.*)/,
    category: "configuration",
    groups: ["message", "identifier"],
  },
  {
    tool: "jenkins",
    pattern:
      /^(?:org\.codehaus\.groovy\.control\.MultipleCompilationErrorsException: startup failed:|WorkflowScript: (\d+): (.*) @ line \d+, column (\d+)\.$)/,
    category: "configuration",
  },
  {
    tool: "jenkins",
    pattern: /^(?:groovy\.lang\.|java\.lang\.)?MissingPropertyException: (No such property: (\S+) for class: .*)/,
    category: "configuration",
    groups: ["message", "identifier"],
  },
  {
    tool: "jenkins",
    pattern: /RejectedAccessException: (Scripts not permitted to use .*)/,
    category: "policy",
    groups: ["message"],
  },
  {
    tool: "travis",
    pattern: /^(?:No output has been received in the last|The job exceeded the maximum time limit)/,
    category: "infrastructure",
  },
  {
    tool: "gitlab",
    pattern: /^ERROR: Job failed(?: \(system failure\)|: execution took longer than|: timed out)/,
    category: "infrastructure",
  },
  // git.
  {
    tool: "git",
    pattern:
      /^(?:fatal|error): (.*(?:Could not resolve host|Connection (?:timed out|refused|reset)|early EOF|remote end hung up|unable to access|RPC failed|Could not read from remote repository).*)$/,
    category: "infrastructure",
    groups: ["message"],
  },
  {
    tool: "git",
    pattern:
      /^(?:fatal|remote|git@\S+): (.*(?:Authentication failed|could not read Username|could not read Password|Permission denied \(publickey|Invalid username or password|terminal prompts disabled).*)$/,
    category: "secret_missing",
    groups: ["message"],
  },
  {
    tool: "git",
    pattern:
      /^(?:CONFLICT|KONFLIKT|CONFLIT|CONFLICTO|CONFLITTO|КОНФЛИКТ) ?\(([^)]+)\) ?: (?:Merge conflict in |Merge-Konflikt in |Conflit de fusion dans )?(.*)$/,
    category: "configuration",
    groups: ["rule", "file"],
  },
  {
    tool: "git",
    pattern:
      /^(?:fatal|error): (?!\[)(.*(?:pathspec|repository|remote ref|refspec|revision|tags? |describe|branch|submodule|not a git|worktree|index|patch |patch failed|merge|rebase|ambiguous argument|bad object|shallow|dubious ownership|HEAD|commit|unmerged|reference|failed to push).*)$/,
    category: "configuration",
    groups: ["message"],
  },
  // git, bash and coreutils of machines whose language is not English.
  {
    tool: "git",
    pattern: /^(?:Schwerwiegend: |fatale?\s: |erreur\s: (?=le spécificateur|la spécification|l'étape))(.*)$/,
    category: "configuration",
    groups: ["message"],
  },
  {
    tool: "shell",
    pattern: /^(\S+) ?: (?:Zeile|ligne|línea|riga|linha|строка) ?(\d+) ?: (?:([^:]+?) ?: )?(.+)$/,
    category: "configuration",
    groups: ["script", "line", "identifier", "reason"],
  },
  {
    tool: "shell",
    pattern:
      /^(?:cp|mv|rm|ls|cat|cd|mkdir|chmod|chown|ln|tar|find|grep|sed|stat|touch|install|rmdir) ?: (.*(?:Datei oder Verzeichnis nicht gefunden|Keine Berechtigung|Aucun fichier ou dossier de ce|Permission non accordée|No existe el (?:fichero|archivo) o el directorio|Permiso denegado|File o directory non esistente|Permesso negato|Нет такого файла или каталога|没有那个文件或目录|そのようなファイルやディレクトリ).*)$/,
    category: "configuration",
    groups: ["message"],
  },
  // Shells and the tools in every script.
  {
    tool: "shell",
    pattern:
      /^(?:\/?[\w./-]*(?:ba|da|z|k|a)?sh(?:\.exe)?|[\w./-]+\.(?:sh|bash)|\/[\w./@-]+): (?:line )?(\d+): (?:([^:]+): )?((?:command )?not found|No such file or directory|Permission denied|unbound variable|syntax error.*|parameter not set|cannot execute.*|Is a directory|bad substitution|.*unexpected.*)$/,
    category: "configuration",
    groups: ["line", "identifier", "reason"],
  },
  {
    tool: "shell",
    pattern:
      /^(?:bash|sh|zsh|dash|fish|env|\/bin\/sh|\/usr\/bin\/env|sudo|exec): (?:['‘"]?(.+?)['’"]?: )?(command not found|not found|No such file or directory.*|Permission denied|cannot execute.*|bad interpreter.*)$/,
    category: "configuration",
    groups: ["identifier", "reason"],
  },
  {
    tool: "shell",
    pattern: /^'([^']+)' is not recognized as an internal or external command/,
    category: "configuration",
    groups: ["identifier"],
  },
  {
    tool: "shell",
    pattern:
      /^(?:cp|mv|rm|ls|cat|cd|mkdir|chmod|chown|ln|tar|find|grep|sed|stat|touch|install|diff|unzip|source|realpath|rsync|head|tail|wc|sort|readlink|rmdir|gzip|unxz|xz|zip): (.*(?:This does not look like.*|not in gzip format|No such file or directory|Permission denied|cannot .*|Cannot .*|Not a directory|File exists|not found.*))$/,
    category: "configuration",
    groups: ["message"],
  },
  {
    tool: "shell",
    pattern:
      /^(?:.*: )?(?:\d+ )?(Segmentation fault|Bus error|Illegal instruction|Aborted|Floating point exception)(?: +\(core dumped\))?.*$/,
    category: "test",
  },
  { tool: "shell", pattern: /^(?:.*: line \d+:\s+\d+ )?Killed\b.*$/, category: "infrastructure" },
  // Fetching.
  { tool: "curl", pattern: /^curl: \((\d+)\) (.*)$/, category: "infrastructure", groups: ["rule", "message"] },
  {
    tool: "wget",
    pattern: /^(?:wget: (.*)|.*ERROR (?:404|403|5\d\d): .*)$/,
    category: "infrastructure",
    groups: ["message"],
  },
  {
    tool: "apt",
    pattern: /^E: (Unable to locate package (\S+))/,
    category: "dependency_resolution",
    groups: ["message", "package"],
  },
  {
    tool: "apt",
    pattern: /^E: (Version '.*' for '([^']+)' was not found|Package '([^']+)' has no installation candidate)/,
    category: "dependency_resolution",
    groups: ["message", "package"],
  },
  {
    tool: "apt",
    pattern: /^E: (Unable to correct problems, you have held broken packages\.)/,
    category: "dependency_conflict",
    groups: ["message"],
  },
  {
    tool: "apt",
    pattern:
      /^(?:E|Err:\d+): ?(.*(?:Failed to fetch|Could not get lock|Temporary failure|Could not connect|Hash Sum mismatch|Release file).*)$/,
    category: "infrastructure",
    groups: ["message"],
  },
  {
    tool: "apk",
    pattern: /^ERROR: (unable to select packages:?.*|.*: (?:temporary error|network error|DNS).*)$/,
    category: "dependency_resolution",
    groups: ["message"],
  },
];

export const shell: ToolReader = {
  tool: "shell",
  hints: [
    "No space left",
    "quota exceeded",
    "heap out of memory",
    "OutOfMemory",
    "out of memory",
    "allocate memory",
    "insufficient memory",
    "oom-kill",
    "shutdown signal",
    "lost communication",
    "maximum execution",
    "operation was canceled",
    "No runner",
    "hosted runner",
    "not supplied",
    "resolve action",
    "action.yml",
    "workflow is not",
    "named-value",
    "Agent ",
    "Cannot contact",
    "hudson.remoting",
    "ClosedChannel",
    "Remote call",
    "touching the log",
    "due to timeout",
    "Timeout has been",
    "credentials entry",
    "DSL method",
    "startup failed",
    "WorkflowScript",
    "No such property",
    "Scripts not permitted",
    "No output has been",
    "maximum time",
    "Job failed",
    "fatal: ",
    "error: ",
    "remote: ",
    "CONFLICT (",
    "konflikt (",
    "conflit (",
    "schwerwiegend: ",
    "fatal : ",
    "fatal\u00a0: ",
    "erreur : ",
    "erreur\u00a0: ",
    "zeile ",
    "ligne ",
    "nea ",
    "riga ",
    "linha ",
    "nicht gefunden",
    "keine berechtigung",
    "aucun fichier",
    "permission non",
    "no existe",
    "non esistente",
    "没有那个文件",
    "not found",
    "No such file",
    "ermission denied",
    "unbound variable",
    "syntax error",
    "not set",
    "cannot ",
    "not recognized",
    "Segmentation fault",
    "Bus error",
    "Illegal instruction",
    "Aborted",
    "Floating point",
    "Killed",
    "curl: (",
    "wget: ",
    "ERROR 4",
    "ERROR 5",
    "E: ",
    "Err:",
    "unable to select",
    "bad substitution",
    "unexpected",
    "bad interpreter",
    "File exists",
    "does not look like",
    "not in gzip format",
    "Not a directory",
  ],
  start(line) {
    for (const sentence of SENTENCES) {
      const match = sentence.pattern.exec(line.text);
      if (match === null) continue;
      return [draftOf(sentence, match, line)];
    }
    return undefined;
  },
};

function draftOf(sentence: Sentence, match: RegExpExecArray, line: { no: number; text: string }): Draft {
  const captures: Record<string, string | undefined> = {};
  for (const [index, name] of (sentence.groups ?? []).entries()) captures[name] = match[index + 1];
  const { message, line: at, reason, ...rest } = captures;
  const script = sentence.tool === "shell" && at !== undefined ? find(line.text, /^(\S+\.(?:sh|bash)) ?: /) : undefined;
  const said =
    message ?? (reason === undefined ? line.text.trim() : [rest.identifier, reason].filter(Boolean).join(": "));
  return {
    tool: sentence.tool,
    category:
      sentence.tool === "shell" || sentence.tool === "apk" || sentence.tool === "git"
        ? categoryOf(line.text, sentence.category)
        : sentence.category,
    message: said,
    first: line.no,
    last: line.no,
    place: script === undefined ? undefined : placeOf(script, at),
    confidence: sentence.tool === "shell" ? "likely" : "sure",
    captures: rest,
  };
}
