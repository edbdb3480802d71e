import type { Language } from "./lexer.ts";

/**
 * The operators and how often a one-line slip is of their kind, 0 to 1: a rank, not a probability. They are the mutation
 * operators of PraPR (Ghanbari, Benton, Zhang: Practical Program Repair via Bytecode Mutation, ISSTA 2019), which showed
 * that single mutations at suspicious places repair more real bugs than larger searches, with the variable, argument and
 * null-check replacements of GenProg's successors (Le Goues et al., TSE 2012; Kim et al., PAR, ICSE 2013) added.
 */
export const OPERATORS = {
  boundary: 0.95,
  comparison: 0.85,
  arithmetic: 0.85,
  logical: 0.8,
  constant: 0.7,
  boolean: 0.7,
  method: 0.7,
  negation: 0.65,
  return: 0.65,
  await: 0.6,
  arguments: 0.6,
  variable: 0.55,
  bound: 0.5,
  call: 0.45,
  exit: 0.45,
  null: 0.4,
} as const;
export type MutationOperator = keyof typeof OPERATORS;

type Swap = readonly [operator: MutationOperator, to: readonly string[]];

const COMMON: Readonly<Record<string, Swap>> = {
  "+": ["arithmetic", ["-", "*"]],
  "-": ["arithmetic", ["+"]],
  "*": ["arithmetic", ["/", "+"]],
  "/": ["arithmetic", ["*"]],
  "%": ["arithmetic", ["/"]],
  "+=": ["arithmetic", ["-=", "=", "*="]],
  "-=": ["arithmetic", ["+=", "/="]],
  "*=": ["arithmetic", ["/=", "+="]],
  "/=": ["arithmetic", ["*="]],
};

const CURLY: Readonly<Record<string, Swap>> = {
  ...COMMON,
  "==": ["comparison", ["!="]],
  "!=": ["comparison", ["=="]],
  "++": ["arithmetic", ["--"]],
  "--": ["arithmetic", ["++"]],
  "&&": ["logical", ["||"]],
  "||": ["logical", ["&&"]],
  true: ["boolean", ["false"]],
  false: ["boolean", ["true"]],
};

export const SWAPS: Readonly<Record<Language, Readonly<Record<string, Swap>>>> = {
  javascript: {
    ...COMMON,
    "===": ["comparison", ["!=="]],
    "!==": ["comparison", ["==="]],
    "==": ["comparison", ["!="]],
    "!=": ["comparison", ["=="]],
    "**": ["arithmetic", ["*"]],
    "++": ["arithmetic", ["--"]],
    "--": ["arithmetic", ["++"]],
    "&&": ["logical", ["||"]],
    "||": ["logical", ["&&", "??"]],
    "??": ["logical", ["||"]],
    true: ["boolean", ["false"]],
    false: ["boolean", ["true"]],
  },
  python: {
    ...COMMON,
    "==": ["comparison", ["!="]],
    "!=": ["comparison", ["=="]],
    "//": ["arithmetic", ["/"]],
    "/": ["arithmetic", ["*", "//"]],
    "**": ["arithmetic", ["*"]],
    and: ["logical", ["or"]],
    or: ["logical", ["and"]],
    True: ["boolean", ["False"]],
    False: ["boolean", ["True"]],
  },
  go: CURLY,
  java: CURLY,
  rust: { ...CURLY, "..": ["bound", ["..="]], "..=": ["bound", [".."]] },
};

export const BOUNDARIES: Readonly<Record<string, readonly [boundary: string, ...others: string[]]>> = {
  "<": ["<=", ">", ">="],
  "<=": ["<", ">=", ">"],
  ">": [">=", "<", "<="],
  ">=": [">", "<=", "<"],
};

/** Methods and functions that are mistaken for each other. */
export const PAIRS: readonly (readonly string[])[] = [
  ["min", "max"],
  ["Min", "Max"],
  ["min_by", "max_by"],
  ["min_by_key", "max_by_key"],
  ["floor", "ceil", "round", "trunc"],
  ["some", "every"],
  ["any", "all"],
  ["startsWith", "endsWith"],
  ["startswith", "endswith"],
  ["indexOf", "lastIndexOf"],
  ["find", "findLast", "rfind"],
  ["push", "unshift"],
  ["pop", "shift"],
  ["padStart", "padEnd"],
  ["trimStart", "trimEnd", "trim"],
  ["toUpperCase", "toLowerCase"],
  ["upper", "lower"],
  ["lstrip", "rstrip", "strip"],
  ["ljust", "rjust"],
  ["keys", "values", "entries", "items"],
  ["append", "extend"],
  ["add", "delete"],
  ["map", "flatMap"],
  ["filter", "find"],
  ["Floor", "Ceil", "Round", "Trunc"],
  ["HasPrefix", "HasSuffix"],
  ["TrimPrefix", "TrimSuffix"],
  ["TrimLeft", "TrimRight", "Trim"],
  ["Index", "LastIndex"],
  ["ToUpper", "ToLower"],
  ["Before", "After"],
  ["isBefore", "isAfter"],
  ["anyMatch", "allMatch", "noneMatch"],
  ["getFirst", "getLast"],
  ["starts_with", "ends_with"],
  ["trim_start", "trim_end", "trim"],
  ["first", "last"],
  ["is_some", "is_none"],
  ["is_ok", "is_err"],
  ["saturating_add", "saturating_sub"],
  ["encodeURI", "encodeURIComponent"],
];
