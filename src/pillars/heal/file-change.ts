/** One file of an edit, whole: `before` is absent for a new file, `after` for a deleted one. Paths are relative. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Sets the executable bit. */
  readonly executable?: true;
}
