/** A question to people that stands until it is answered or its time is over. */
export interface AskedApproval {
  /** The row's id; `planned` in a preview of a question that nobody asked yet. */
  readonly id: string;
  readonly group: string;
  /** Whose answer counts: the group's members without the requester. */
  readonly people: readonly string[];
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string;
}
