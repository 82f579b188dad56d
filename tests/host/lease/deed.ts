/** What a process inside a host is asked to do, and what it came to, between the test, its runner and what the runner starts. */
export type Deed = 'snapshot' | 'borrow' | 'revert' | 'next start';

export const label = 'co-crash';

export interface Finding {
  readonly at: number;
  readonly point: string;
  /** Of the run under fire: a signal, or how it ended by itself. */
  readonly ended: string;
  /** Of the host after its next start. */
  readonly host: 'before' | 'after' | 'other';
  /** For `other`, and for what a repeated revert left. */
  readonly differences: readonly string[];
}
