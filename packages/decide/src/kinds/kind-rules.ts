/**
 * What a resource kind decides without touching a host: what "not there" is, what a partial claim is completed to,
 * what counts as a difference, and when in a plan its changes go.
 *
 * One file per kind beside this one, all of this shape, listed in `index.ts`; a missing kind is a compile error there.
 * Invariant: everything here is a pure function of its arguments.
 */
import type { Address, Change, Json, Kind, Reversibility, State } from '@guise/model';

export type Claimed = { readonly [field: string]: Json };

export interface KindRules {
  readonly kind: Kind;
  /** The state of an address that does not exist on the host. */
  readonly absent: State;
  /**
   * The whole state from the claimed fields over the baseline: fields that nobody claims keep the baseline's value, and a resource
   * that comes into being gets its kind's defaults. `name` is the address's.
   */
  readonly complete: (claimed: Claimed, baseline: State, name: string) => State;
  /** Names of fields that travel with the state but do not make a difference. */
  readonly carried: readonly string[];
  /** Those of them that no observation can tell, so that only what was last committed knows them. */
  readonly remembered?: readonly string[];
  /** Names of claimable fields that are sets: lists without order or repetition, kept sorted. */
  readonly sets?: readonly string[];
  /** How bounds read a field: sysctls keep numbers as text, and a limit that is null is no limit. Absent: plain numbers. */
  readonly numbers?: 'text' | 'null_is_unlimited';
  /** Claimable fields that are one part of a state's field, each with how to read it from a state. */
  readonly parts?: { readonly [claimable: string]: { readonly of: string; readonly read: (state: State) => Json } };
  /** Whether the field's two values mean the same, beyond equal JSON; absent means never. */
  readonly same?: (field: string, live: State, target: State) => boolean;
  /**
   * Fields that nothing of this kind can take away but that go along with something else, as a sysctl goes with its module.
   * They make no difference, and are planned all the same so that an undo knows what they were.
   */
  readonly goesAlong?: (live: State, target: State) => readonly string[];
  /**
   * Fields that absence satisfies for now, but no longer when a package or unit file of the same plan brings the resource, as an
   * installed service is enabled. Then they are planned, and come to nothing where nothing came.
   */
  readonly comesAlong?: (live: State, target: State) => readonly string[];
  /** The other addresses of this kind that writing this one changes, so that they must be written again after it. */
  readonly disturbs?: (address: Address) => RegExp | null;
  /** Why a difference has to stay, for a warning; null when it can be changed. */
  readonly stays?: (live: State, target: State) => string | null;
  readonly reversibility: (before: State, after: State) => Reversibility;
  /** Rank of the stage; lower goes first. See `plans/ranks.ts`. */
  readonly rank: (before: State, after: State) => number;
  /** Order within a stage: compared as strings. Default: the address. */
  readonly sortKey?: (address: Address, before: State, after: State) => string;
  readonly cutsOff?: (change: Pick<Change, 'address' | 'before' | 'after'>) => boolean;
}
