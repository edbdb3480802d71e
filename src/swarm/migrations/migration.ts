/**
 * One forward step of the schema, in the SQL that SQLite and PostgreSQL share (text, bigint, double precision, partial
 * indexes, checks). Once released its statements never change: their checksum is compared at every opening.
 */
export interface Migration {
  /** `0001-spine`: applied in the order of names. */
  readonly name: string;
  readonly statements: readonly string[];
}
