/** A span of a line. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export interface CallArguments {
  readonly parts: readonly Part[];
  /** Offset of the closing bracket; undefined when the call goes on on another line. */
  readonly close: number | undefined;
}

/** The arguments of the call whose bracket opens at an offset of a line; strings and inner brackets belong to one argument. */
export function argumentsFrom(line: string, open: number): CallArguments {
  const parts: Part[] = [];
  let from = open + 1;
  let depth = 0;
  let quote: string | undefined;
  for (let place = open + 1; place < line.length; place++) {
    const char = line[place] ?? "";
    if (quote !== undefined) {
      if (char === "\\") place++;
      else if (char === quote) quote = undefined;
      continue;
    }
    if (/["'`]/.test(char)) quote = char;
    else if (/[([{]/.test(char)) depth++;
    else if (depth > 0 && /[)\]}]/.test(char)) depth--;
    else if (depth === 0 && /[,)]/.test(char)) {
      const raw = line.slice(from, place);
      const start = from + (raw.length - raw.trimStart().length);
      if (raw.trim() !== "") parts.push({ from: start, to: start + raw.trim().length });
      if (char === ")") return { parts, close: place };
      from = place + 1;
    }
  }
  return { parts, close: undefined };
}
