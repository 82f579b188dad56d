/** What a crash test switches between, and what it found; passed as JSON between the test and the runner inside the host. */
export interface Scenario {
  readonly name: string;
  /** Persona files that are active before the switch. */
  readonly from: readonly string[];
  /** Persona files that the switch is to. Their tests may fail: then the switch's own undo is under fire. */
  readonly to: readonly string[];
  readonly faults: readonly FaultType[];
  /** Where to begin, as a share of all points: the second half of a switch that is undone is its undo. */
  readonly from_share: number;
  /** Two runners share a scenario: one takes the even strikes, one the odd ones. */
  readonly part: 0 | 1;
}

export type FaultType = 'kill' | 'enospc' | 'eio';

export interface Finding {
  readonly fault: FaultType;
  readonly at: number;
  readonly point: string;
  /** How the run under fire ended: a signal, or the outcome it reported. */
  readonly ended: string;
  readonly host: 'old' | 'new' | 'other';
  /** For `other`: what differs, named. */
  readonly differences: readonly string[];
}

export interface Findings {
  readonly points: number;
  readonly findings: readonly Finding[];
}
