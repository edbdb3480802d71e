/** The door of this folder: import git things from here; mirror.ts alone is a way in of its own, for who starts fast. */
export type { Committed, PushInput } from "./act.ts";
export { type Candidate, treeDigestOf } from "./candidate.ts";
export { type Change, type ChangedFile, linesOf } from "./change.ts";
export type { CommitInput, Draft } from "./commit-object.ts";
export {
  type CreateOptions,
  catchUp,
  cloneRepository,
  createRepository,
  foundRepository,
  holdsNothing,
} from "./create.ts";
export { withoutCredentials } from "./diagnose.ts";
export { changeFacts, gitFacts, targetBranchFacts } from "./facts.ts";
export type { Commit, LogOptions, Person, Tag } from "./history.ts";
export type { RemoteCredentials } from "./remote.ts";
export {
  DEFAULT_AUTHOR,
  type FetchOptions,
  type Git,
  gitVersion,
  type OpenOptions,
  openRepository,
  type StatusEntry,
} from "./repository.ts";
export type { Worktree } from "./worktree.ts";
