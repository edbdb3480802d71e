/** A small project that a real tool refuses, and what a fixer has to make of it. */
export interface FixerCase {
  readonly fixer: string;
  /** Further fixers that have to follow, where one fault hides another. */
  readonly followedBy?: readonly string[];
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly executable?: readonly string[];
  /** Installs what the project needs, in its folder, before it is committed; asks package registries. */
  readonly setup?: string;
  readonly command: string;
  /** The files that have changed, as they have to be; `undefined` for one that is gone. */
  readonly after: Readonly<Record<string, string | undefined>>;
  /** Why `npm run test:full` alone runs it; of the others CI runs the first of each fixer. */
  readonly slow?: string;
  /** The constitution asks people about changes of protected paths. */
  readonly asked?: true;
}

/** An asymmetric matcher, without the test framework's globals in these tables. */
export function expectText(pattern: RegExp): string {
  return {
    asymmetricMatch: (text: unknown) => typeof text === "string" && pattern.test(text),
    toString: () => String(pattern),
  } as unknown as string;
}
