import { maskVolatile } from "./keys.ts";

/**
 * Groups log messages by the template they were printed from, without knowing the system: a fixed-depth tree as Drain's
 * (He et al., ICWS 2017) over tokens whose variable parts are masked first. One configuration for all
 * logs.
 */
export interface TemplateMiner {
  /** Group of a message. */
  add(message: string): number;
  /** Template of a group, variable parts as `<*>`. */
  template(group: number): string;
}

interface Group {
  readonly id: number;
  tokens: string[];
  count: number;
}

/** Share of equal tokens above which a message joins a group. */
const SIMILAR = 0.6;
const WILDCARD = "<*>";

export function createTemplateMiner(): TemplateMiner {
  const leaves = new Map<string, Group[]>();
  const groups: Group[] = [];
  const find = (tokens: readonly string[]): Group | undefined => {
    let best: Group | undefined;
    let bestShare = 0;
    for (const group of leaves.get(leafOf(tokens)) ?? []) {
      const share = similarity(group.tokens, tokens);
      if (share > bestShare) {
        best = group;
        bestShare = share;
      }
    }
    return bestShare >= SIMILAR ? best : undefined;
  };
  return {
    add(message) {
      const tokens = tokensOf(message);
      const known = find(tokens);
      if (known !== undefined) {
        known.tokens = known.tokens.map((token, index) => (token === tokens[index] ? token : WILDCARD));
        known.count++;
        return known.id;
      }
      const group: Group = { id: groups.length, tokens, count: 1 };
      groups.push(group);
      const leaf = leafOf(tokens);
      const there = leaves.get(leaf);
      if (there === undefined) leaves.set(leaf, [group]);
      else there.push(group);
      return group.id;
    },
    template: (group) => groups[group]?.tokens.join(" ") ?? "",
  };
}

function tokensOf(message: string): string[] {
  return maskVolatile(message)
    .split(/\s+/)
    .filter((token) => token !== "")
    .map((token) => (/<(?:n|id|host|url|time|dir)\b|\d/.test(token) ? WILDCARD : token));
}

function leafOf(tokens: readonly string[]): string {
  return `${tokens.length} ${tokens[0] === WILDCARD ? "" : tokens[0]}`;
}

function similarity(template: readonly string[], tokens: readonly string[]): number {
  let same = 0;
  for (const [index, token] of template.entries()) if (token === tokens[index]) same++;
  return same / Math.max(template.length, 1);
}
