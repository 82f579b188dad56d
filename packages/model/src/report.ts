/** What a host tells of itself, to people, to the command line and to the control plane. The same shapes everywhere, snake_case. */
import type { CandidateReport } from './candidate.ts';
import type { Problem } from './errors.ts';
import type { Digest } from './ids.ts';
import type { Json } from './json.ts';
import type { Signature } from './persona/resolved.ts';
import type { Change, Conflict, LayerRef } from './plan.ts';
import type { Address, State } from './resource.ts';

export type TransactionStatus =
  /** Recorded; changes may have begun. */
  | 'acting'
  /** Waiting for the control plane's nonce. */
  | 'confirming'
  | 'committed'
  | 'undoing'
  | 'rolled_back'
  /** Undo did not succeed; the host needs a person. Exit code 4. */
  | 'stuck';

/** What tells of a change before and after it was made. */
export type ReportedChange = Omit<Change, 'cutsOff'>;

export interface TransactionReport {
  readonly id: string;
  readonly status: TransactionStatus;
  readonly plan_hash: Digest;
  readonly layers_before: readonly LayerRef[];
  readonly layers_after: readonly LayerRef[];
  readonly changes: readonly ReportedChange[];
  /** ISO 8601 with offset. */
  readonly started_at: string;
  readonly finished_at: string | null;
  /** Of the whole switch, in ms, by phase: observe, plan, record, act, verify, commit, undo. */
  readonly timings_ms: { readonly [phase: string]: number };
  readonly error: { readonly code: string; readonly message: string; readonly problems: readonly Problem[] } | null;
}

export interface DriftReport {
  readonly address: Address;
  readonly fields: readonly string[];
  readonly expected: State;
  readonly live: State;
}

export interface StateReport {
  readonly active: readonly (LayerRef & {
    readonly assigned_by: string;
    readonly parameters: { readonly [name: string]: Json };
    /** What allowed it, where a control plane sent it. */
    readonly signature?: Signature | undefined;
  })[];
  /** Every managed address with what it should be. */
  readonly addresses: readonly {
    readonly address: Address;
    readonly state: State;
    readonly winners: readonly string[];
  }[];
  readonly conflicts: readonly Conflict[];
  readonly last_transaction: { readonly id: string; readonly status: TransactionStatus } | null;
}

export interface WhyField {
  readonly field: string;
  readonly value: Json;
  /** `baseline`, `default`, or the layer's instance name. */
  readonly winner: string;
  readonly because: readonly WhyClaim[];
  readonly losers: readonly WhyClaim[];
  readonly baseline: Json;
  /** For each active layer that has a say here: what the value becomes when that layer leaves. */
  readonly without: { readonly [instance: string]: Json };
}

export interface WhyClaim {
  readonly instance: string;
  readonly persona_id: string;
  readonly version: number | null;
  readonly priority: number;
  readonly says: Json;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly assigned_by: string;
}

/** Why a layer is active at all, for each that has a say in the address. */
export interface WhyLayer {
  readonly instance: string;
  readonly decided_by: CandidateReport['decided_by'];
  /** One sentence, with the values that made it. */
  readonly reason: string;
  /** ISO 8601: since when it has been so. */
  readonly since: string;
  readonly assigned_by: string;
  /** What allowed it, where a control plane sent it. */
  readonly signature?: Signature | undefined;
}

export interface WhyReport {
  readonly address: Address;
  readonly managed: boolean;
  readonly live: State;
  readonly fields: readonly WhyField[];
  /** Empty where no agent decides what is active, as on the command line of a machine without one. */
  readonly layers: readonly WhyLayer[];
}
