import { find } from "./text.ts";

/** What an error of a JavaScript engine or of Node's module loader says, as captures for fixers. */
export function javascriptCaptures(message: string): Record<string, string | undefined> {
  const imported = /Cannot find (?:package|module) '([^']+)'(?: imported from '?([^'\n]+?)'?$)?/.exec(message);
  const noExport =
    /The requested module '([^']+)' (?:does not provide an export named|contains conflicting star exports for the name) '([^']+)'/.exec(
      message,
    );
  const commonJs = /Named export '([^']+)' not found\. The requested module '([^']+)' is a CommonJS module/.exec(
    message,
  );
  const subpath = /Package subpath '([^']+)' is not defined by "exports" in (\S+)/.exec(message);
  const module = imported?.[1] ?? noExport?.[1] ?? commonJs?.[2];
  return {
    module,
    package: subpath === null ? packageOf(module) : packageOf(find(subpath[2]!, /node_modules\/(.+)\/package\.json/)),
    subpath: subpath?.[1],
    importer: imported?.[2],
    export: noExport?.[2] ?? commonJs?.[1],
    identifier:
      noExport?.[2] ??
      commonJs?.[1] ??
      find(message, /^(\S+) is not defined/) ??
      find(message, /Unexpected (?:identifier|token|reserved word|strict mode reserved word) '([^']+)'/) ??
      find(message, /Identifier '([^']+)' has already been declared/) ??
      find(message, /^(\S+) is not a (?:function|constructor)/) ??
      find(message, /Cannot access '([^']+)' before initialization/),
    property: find(message, /\((?:reading|setting) '([^']+)'\)/),
    suggestion: find(message, /Did you mean (?:to import )?["'`]?([^"'`?\n]+?)["'`]?\??$/m),
  };
}

/** The package a bare specifier names: `@scope/name/sub` → `@scope/name`; undefined for paths, URLs and builtins. */
export function packageOf(specifier: string | undefined): string | undefined {
  if (specifier === undefined || /^(?:[./#]|[A-Za-z]:[\\/]|node:|file:|data:|https?:)/.test(specifier))
    return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

/** Cause key: the public package and the export tell one broken import from another; a relative module does not. */
export function javascriptKey(message: string): string | undefined {
  const captures = javascriptCaptures(message);
  return captures.package === undefined
    ? undefined
    : [captures.package, captures.export, captures.subpath].filter(Boolean).join("#");
}

/** `at f (file:///x/a.js:1:2)`, `at a.js:1:2`: the first frame in the product's own code. */
export function ownFrame(lines: readonly string[]): { file: string; line: string; column: string } | undefined {
  for (const line of lines) {
    const frame = /^\s*(?:at |❯ )(?:.*\()?((?:file:\/\/)?[^()\s][^()]*?):(\d+):(\d+)\)?(?: \{)?$/.exec(line);
    if (frame === null) continue;
    if (/^node:|node_modules|^internal\/|<anonymous>/.test(frame[1]!)) continue;
    return { file: frame[1]!.replace(/^async /, ""), line: frame[2]!, column: frame[3]! };
  }
  return undefined;
}
