/** Lines that tests ran, of those that there are. */
export interface LineCoverage {
  readonly covered: number;
  readonly lines: number;
}

/**
 * Reads the line coverage of one report: LCOV (`LF` and `LH` of each file, else its `DA` lines) or Cobertura XML (the
 * root's `lines-covered` and `lines-valid`, else its `line` elements). Undefined for any other text. One pass, whatever
 * the file holds: a product writes it.
 */
export function lineCoverage(text: string): LineCoverage | undefined {
  return /^\s*</.test(text) ? cobertura(text) : lcov(text);
}

function lcov(text: string): LineCoverage | undefined {
  let covered = 0;
  let lines = 0;
  let records = 0;
  let file = { found: undefined as number | undefined, hit: undefined as number | undefined, lines: 0, covered: 0 };
  const close = () => {
    lines += file.found ?? file.lines;
    covered += file.hit ?? file.covered;
    file = { found: undefined, hit: undefined, lines: 0, covered: 0 };
  };
  for (const line of text.split("\n")) {
    const [, key, value = ""] = /^(LF|LH|DA):(.*)$/.exec(line.trimEnd()) ?? [];
    if (key === "LF") file.found = count(value);
    else if (key === "LH") file.hit = count(value);
    else if (key === "DA") {
      file.lines++;
      if (Number(value.split(",")[1]) > 0) file.covered++;
    } else if (line.startsWith("end_of_record")) {
      records++;
      close();
    }
  }
  return records > 0 && lines > 0 ? { covered, lines } : undefined;
}

function cobertura(text: string): LineCoverage | undefined {
  const root = /<coverage\b([^>]*)>/.exec(text)?.[1];
  if (root === undefined) return undefined;
  const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1];
  const valid = attribute(root, "lines-valid");
  const hit = attribute(root, "lines-covered");
  if (valid !== undefined && hit !== undefined) {
    return Number(valid) > 0 ? { covered: Number(hit), lines: Number(valid) } : undefined;
  }
  let covered = 0;
  let lines = 0;
  for (const [tag] of text.matchAll(/<line\b[^>]*>/g)) {
    lines++;
    if (Number(attribute(tag, "hits") ?? 0) > 0) covered++;
  }
  return lines > 0 ? { covered, lines } : undefined;
}

function count(value: string): number | undefined {
  const number = Number(value);
  return value !== "" && Number.isInteger(number) && number >= 0 ? number : undefined;
}
