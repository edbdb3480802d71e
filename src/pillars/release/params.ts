import type { CiBackend } from "../../core/ci-backend.ts";
import type { Rules } from "../../pipeline/release-rules.ts";
import type { PublishPatience } from "../publish/publish-package.ts";

export interface ReleaseParams {
  /** Pre-release channel; undefined for a stable release. */
  readonly channel?: string | undefined;
  /** A person's word for the next version. */
  readonly releaseAs?: string | undefined;
  /** Go on with this run; without it the newest unfinished release goes on. */
  readonly resume?: string | undefined;
  /** Whether the tag is pushed after everything is published, or before; as the spec says without it. */
  readonly tag?: "last" | "first" | undefined;
  readonly rules?: Rules;
  /** Who knows whether the commit's pipeline passed; the local runner's builds when absent. */
  readonly ci?: CiBackend | undefined;
  readonly patience?: PublishPatience;
}
