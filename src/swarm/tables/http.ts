/** What other systems answered, so as not to ask them again too soon. `schema.ts` says how columns are written. */

export interface RateLimitsTable {
  resource: string;
  /** What was left at `updated_at`; below zero: places in the queue that are taken. */
  tokens: number;
  blocked_until: number;
  updated_at: number;
}

export interface HttpAnswersTable {
  /** Digest of who asks: another account may get another answer. */
  account: string;
  url: string;
  etag: string;
  body: string;
  stored_at: number;
}
