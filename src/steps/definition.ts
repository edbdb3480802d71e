import type * as z from "zod";
import type { ActionName } from "../core/action.ts";
import type { Diagnostic, Outcome } from "../core/diagnostic.ts";
import type { StepResult } from "../core/result.ts";
import type { Overview, Session, Workplace } from "../pipeline/session.ts";

/** A secret that a step needs, by the name it is bound under; never its value. */
export interface CredentialNeed {
  /** The environment variable the program reads. */
  readonly variable: string;
  /** Default Jenkins credential id; the step's caller may give another. */
  readonly credentialsId: string;
  readonly kind: "string" | "file" | "usernamePassword";
  readonly summary: string;
  /** The half that holds it; `both` only for what reads and cannot act. */
  readonly half: "act" | "both";
  readonly optional: boolean;
}

/** A line that a terminal with colours shows in its tone. */
export interface TonedLine {
  readonly text: string;
  readonly tone: "root" | "failure" | "plain" | "quiet";
}

/** What a step hands back besides its typed result; `cli/` makes the full result.json of it. */
export interface StepReport<R>
  extends Partial<
    Pick<
      StepResult,
      "verdict" | "kind" | "junit" | "coverage" | "sarif" | "artifacts" | "links" | "metrics" | "approval" | "handover"
    >
  > {
  readonly data: R;
  /** Problems that did not stop the step, and, with a verdict other than success, those that decided it. */
  readonly diagnostics?: readonly Diagnostic[];
  /** What a person sees at a terminal instead of the summary, line by line. */
  readonly display?: readonly (string | TonedLine)[];
  /** Codes of diagnostics that `display` tells in its own way; they are in the result, and not shown a second time. */
  readonly told?: readonly string[];
  /** Markdown, a screenful at most. */
  readonly summary: string;
  readonly run?: string;
}

/**
 * A step, defined once. From this value come the CLI command and its help, `vars/<jenkinsName>.groovy` and its `.txt`,
 * the docs page and the JSON schemas of its parameters and result.
 */
export interface StepDefinition<
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodType = z.ZodType,
  N extends Need = Need,
> {
  /** CLI command: lower case; words of one name joined by `-`, a subcommand after a space: `constitution check`. */
  readonly name: string;
  /** The Jenkins step, `monkeys…`; absent for commands that make no sense in a pipeline. */
  readonly jenkinsName?: `monkeys${string}`;
  /** One line, present tense, no full stop. */
  readonly summary: string;
  /** Markdown: what it does, what it needs, what it leaves. */
  readonly description: string;
  readonly examples: readonly { readonly command: string; readonly says: string }[];
  /** snake_case keys; each with `.describe()`. A key of `positional` is given by place, all others as `--kebab-case`. */
  readonly params: P;
  readonly positional?: readonly string[];
  readonly result: R;
  readonly credentials: readonly CredentialNeed[];
  /** Real tools it starts: `git`, `npm`, `ansible-playbook` … */
  readonly tools: readonly string[];
  /** What it may ask the constitution for. A gate call outside this list is refused as internal error. */
  readonly actions: readonly ActionName[];
  /** Its work half and its act half can be done by different processes. */
  readonly halves?: true;
  /** Has a `--dry-run` although it asks no gate. */
  readonly dryRun?: true;
  /** Where Jenkins may run it again by itself after an agent was lost. */
  readonly retryOnAgentLoss: boolean;
  /** What it needs opened: nothing, what a status shows, the organisation, or one product in the organisation. */
  readonly needs: N;
  run(session: SessionOf<N>, params: z.infer<P>): Promise<Outcome<StepReport<z.infer<R>>>>;
}

/** `either`: the organisation, and the product where one is named or `cwd` lies in one. */
export type Need = "nothing" | "overview" | "organisation" | "either" | "product";

export type SessionOf<N extends Need> = N extends "nothing" ? Workplace : N extends "overview" ? Overview : Session;

/** A definition whose parameter, result and session types are no longer known: an entry of `STEPS`. */
// biome-ignore lint/suspicious/noExplicitAny: the types of one definition meet only inside it.
export type AnyStep = StepDefinition<any, any, any>;

/** Keeps the parameter, result and session types of a definition. */
export function defineStep<P extends z.ZodObject, R extends z.ZodType, N extends Need>(
  definition: StepDefinition<P, R, N>,
): StepDefinition<P, R, N> {
  return definition;
}
