/** A template that waits until its commit has reached a protected branch; kept in the evidence of the run. */
export interface PendingLesson {
  readonly pattern: string;
  readonly ecosystem: string;
  readonly source: "builtin" | "model";
  /** Digest of the template's JSON in the artefact store. */
  readonly template: string;
  readonly commit: string;
}
