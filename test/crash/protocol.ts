/** What the killed program and the world outside say to each other: one JSON object a line, over loopback. */

export const EFFECTS = ["commit", "push", "tag", "npm", "pypi"] as const;
export type EffectName = (typeof EFFECTS)[number];

/** `find` looks, `do` acts; `build` is a step's work; `ci` asks for a build's result; `hook` delivers; `next` asks for work; `done` reports it. */
export type Request =
  | { readonly op: "find" | "do"; readonly run: number; readonly effect: EffectName; readonly value?: string }
  | { readonly op: "build" | "ci"; readonly run: number }
  | { readonly op: "hook"; readonly run: number; readonly key: string; readonly value: string }
  | { readonly op: "next" }
  | { readonly op: "done"; readonly run: number; readonly boundaries: number };

/** What the program is to do next, and how it is to die at it. */
export interface Assignment {
  readonly run: number;
  /** It kills itself at this boundary of its own, counted from 0; absent: it does not. */
  readonly dieAt?: number;
  /** Its clock's distance from the true time, in milliseconds, and what is added to it at a boundary on the way. */
  readonly skewMs: number;
  readonly jump?: { readonly at: number; readonly byMs: number };
}

export interface ProgramOrder {
  readonly port: number;
  readonly stateDir: string;
}
