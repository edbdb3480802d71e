/** A product of the demo fleet: what its people wrote before Code Monkeys Ship came, and the commit that breaks it. */
export interface DemoProduct {
  readonly name: string;
  readonly ecosystem: "npm" | "pypi";
  readonly history: readonly DemoCommit[];
  /** A commit as a person would make it, which really fails the `test` stage. */
  readonly breaking: DemoCommit;
}

export interface DemoCommit {
  readonly message: string;
  readonly author: "ada" | "grace";
  /** Whole files by path; `null` deletes. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly tag?: string;
}
