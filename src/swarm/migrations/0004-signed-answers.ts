import type { Migration } from "./migration.ts";

/** Answers to questions may carry a signature. */
export const signedAnswers: Migration = {
  name: "0004-signed-answers",
  statements: ["alter table approval_votes add column signature text"],
};
