import type { Category } from "../report.ts";
import { categoryOf, find } from "./text.ts";

/** `NameError: name 'x' is not defined` and its kin: the last line of a traceback, or an `E   ` line of pytest. */
export const PYTHON_ERROR =
  /^((?:[A-Za-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Failed|Failure|NotFound|DoesNotExist|Timeout|Iteration|Group|Refused|Mismatch|Unavailable|Invalid|Missing)|Failed|KeyboardInterrupt)(?:: (.*))?$/;

export function pythonCaptures(said: string): Record<string, string | undefined> {
  const module =
    find(said, /No module named '?([\w.]+)'?/) ??
    find(said, /cannot import name '[^']+' from (?:partially initialized module )?'([^']+)'/);
  const compared = /^(?:AssertionError: )?(.+?) != (.+?)(?: : .*)?$/.exec(said);
  return {
    module,
    package: module?.split(".")[0],
    identifier:
      find(said, /(?:name|variable) '([^']+)'/) ??
      find(said, /has no attribute '([^']+)'/) ??
      find(said, /unexpected keyword argument '([^']+)'/) ??
      find(said, /fixture '([^']+)' not found/),
    type:
      find(said, /^(?:type object )?'([^']+)' (?:object )?has no attribute/) ??
      find(said, /^module '([^']+)' has no attribute/),
    suggestion: find(said, /Did you (?:mean|forget to import):? '([^']+)'\??/) ?? find(said, /Did you mean '([^']+)'/),
    actual: compared?.[1],
    expected: compared?.[2],
  };
}

export function pythonCategory(name: string, said: string, usual: Category): Category {
  const short = name.slice(name.lastIndexOf(".") + 1);
  if (short === "ModuleNotFoundError" || (short === "ImportError" && /No module named/.test(said)))
    return "dependency_resolution";
  if (["SyntaxError", "IndentationError", "TabError"].includes(short)) return "compilation";
  // What a compiler would have refused: a name nobody defines.
  if (
    usual !== "test" &&
    (["NameError", "UnboundLocalError", "ImportError"].includes(short) || /^module '.*' has no attribute/.test(said))
  )
    return "compilation";
  if (
    [
      "MemoryError",
      "ConnectionError",
      "ConnectionRefusedError",
      "ConnectTimeout",
      "ReadTimeout",
      "TimeoutError",
      "SSLError",
      "URLError",
    ].includes(short) &&
    usual !== "test"
  )
    return "infrastructure";
  return usual === "test" ? "test" : categoryOf(said, usual);
}

/** Cause key: the error's class and the public names in it. */
export function pythonKey(name: string, said: string): string {
  const { package: top, type } = pythonCaptures(said);
  return [name, top, type !== undefined && /^[a-z]+$/.test(type) ? type : undefined].filter(Boolean).join(" ");
}

const LIBRARY =
  /(?:^|\/)(?:lib\/python[\d.]+\/|site-packages\/|dist-packages\/|\.pyenv\/|\.venv\/|venv\/|_pytest\/|pluggy\/|<frozen|<string>)/;

/** `File "x.py", line 3, in f`: the innermost frame in the product's own code, else the innermost of all. */
export function pythonFrame(texts: readonly string[]): { file: string; line: string } | undefined {
  let any: { file: string; line: string } | undefined;
  let own: { file: string; line: string } | undefined;
  for (const text of texts) {
    const frame = /^\s*File "([^"]+)", line (\d+)/.exec(text);
    if (frame === null) continue;
    any = { file: frame[1]!, line: frame[2]! };
    if (!LIBRARY.test(any.file) && !any.file.startsWith("<")) own = any;
  }
  return own ?? any;
}
