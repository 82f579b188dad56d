/** What is wrong with an audit log: what was done to which entries, and one sentence. */
export interface Finding {
  readonly kind: 'edited' | 'deleted' | 'inserted' | 'reordered' | 'truncated' | 'forked' | 'forged';
  /** Of the entries concerned, as far as they can be named. */
  readonly sequences: readonly number[];
  readonly message: string;
}

/** A checkpoint that somebody else kept, and who. */
export interface Witness {
  readonly note: string;
  /** `the agent of this machine`, or the name of a file. */
  readonly source: string;
}

export interface LogReport {
  readonly verified: boolean;
  readonly origin: string;
  /** That signed the checkpoints: 32 bytes as base64. */
  readonly key: string;
  readonly entries: number;
  /** Of the newest checkpoint that the entries agree with; 0 for none. */
  readonly signed: number;
  readonly witnesses: readonly string[];
  /** At most `limits.auditFindings`. */
  readonly findings: readonly Finding[];
  readonly findings_left_out: number;
}
