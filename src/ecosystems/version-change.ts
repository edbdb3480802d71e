/** A release as files that belong to no package name it. */
export interface VersionChange {
  /** The folder whose files are looked at, and folders below it that have versions of their own. */
  readonly folder: string;
  readonly except: readonly string[];
  /** The versions that a file may still say, in any spelling. A file that says another keeps it. */
  readonly old: readonly string[];
  /** In semver spelling. */
  readonly version: string;
  /** Files in which the lines to change are marked. */
  readonly marked: readonly string[];
}
