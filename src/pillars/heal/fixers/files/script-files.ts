import { type Fixer, proposals, rewrite, textOf } from "../fixer.ts";

const DENIED = /([\w./-]+): (?:Permission denied|permission denied)|EACCES[^\n]*?'([^']+)'|spawn ([\w./-]+) EACCES/;

export const missingExecutableBit: Fixer = {
  name: "missing-executable-bit",
  summary: "a script that is started directly but is not executable",
  trust: 0.9,
  async propose(input) {
    const match = DENIED.exec(textOf(input));
    const named = match?.slice(1).find((group) => group !== undefined);
    const path = named === undefined ? undefined : await input.tree.locate(named);
    const text = path === undefined ? undefined : await input.tree.read(path);
    if (path === undefined || !text?.startsWith("#!")) return [];
    return proposals(`make ${path} executable`, [{ path, before: text, after: text, executable: true }]);
  },
};

const CARRIAGE =
  /\\r': (?:command not found|No such file)|\r': command not found|bad interpreter: [^\n]*\^M|\$'\\r'|required file not found|env: [^\n]*\\r|: not found\r|syntax error[^\n]*\r|Syntax error: word unexpected|\^M|invalid option name|Illegal option -/;

export const crlfInScript: Fixer = {
  name: "crlf-in-script",
  summary: "a shell script with Windows line ends",
  trust: 0.9,
  async propose(input) {
    const { tree } = input;
    if (!CARRIAGE.test(textOf(input)) && !/: not found/.test(textOf(input))) return [];
    const changes = [];
    for (const path of await tree.paths()) {
      if (!/\.(?:sh|bash|zsh)$/.test(path) && /\.[a-z0-9]+$/i.test(path)) continue;
      if (!/^#!.*\r?\n/.test((await tree.read(path)) ?? "")) continue;
      changes.push(await rewrite(tree, path, (text) => text.replaceAll("\r\n", "\n")));
    }
    return proposals("give shell scripts Unix line ends", changes);
  },
};

export const makefileSpaces: Fixer = {
  name: "makefile-spaces",
  summary: "a Makefile whose recipes are indented with spaces",
  trust: 0.9,
  async propose(input) {
    const named = /([\w./-]+):\d+: \*\*\* missing separator/.exec(textOf(input))?.[1];
    const path = named === undefined ? undefined : await input.tree.locate(named);
    if (path === undefined) return [];
    return proposals("indent the recipes with tabs", [
      await rewrite(input.tree, path, (text) => text.replace(/^(?: {2,8})(?=\S)/gm, "\t")),
    ]);
  },
};
