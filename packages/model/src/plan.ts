/**
 * A plan: what will be done, decided before anything is done. An immutable value; the executor has no choices left.
 *
 * Shape: stages run in order; the changes of one stage are of one kind and go to that kind's adapter as one batch.
 * Stages with the same rank do not depend on each other and may overlap.
 * Source: ../shared/DESIGN.md "How a host changes"; docs/adr/0004-undo-is-a-plan.md.
 */
import type { Digest } from './ids.ts';
import type { Address, Kind, State } from './resource.ts';

export type Reversibility = 'exact' | 'compensating' | 'irreversible';

/** What a running service must do because something it reads changes. */
export type Nudge = 'reload' | 'restart';

export interface Change {
  readonly address: Address;
  readonly before: State;
  readonly after: State;
  /** The fields that differ, sorted; empty when the change is only a nudge. */
  readonly fields: readonly string[];
  readonly reversibility: Reversibility;
  readonly nudge: Nudge | null;
  /** One clause for people: which layer or which other address asks for it. */
  readonly because: string;
  /** It could cut the host off from its control plane, so it must be confirmed. */
  readonly cutsOff: boolean;
}

export interface Stage {
  readonly rank: number;
  readonly kind: Kind;
  readonly changes: readonly Change[];
}

export interface LayerRef {
  readonly instance: string;
  readonly persona_id: string;
  readonly version: number | null;
  readonly priority: number;
}

export interface Conflict {
  readonly address: Address;
  readonly field: string;
  readonly winner: LayerRef;
  readonly losers: readonly LayerRef[];
}

export interface Plan {
  /** Over everything else in the plan, pre-images included. */
  readonly hash: Digest;
  readonly layersBefore: readonly LayerRef[];
  readonly layersAfter: readonly LayerRef[];
  readonly stages: readonly Stage[];
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
}

/** A command that must exit 0 for a switch to stand, a URL that must answer 2xx, or a port that must accept. */
export type Probe = {
  readonly name: string;
  readonly everyMs: number;
  /** Consecutive failures that make it fail. A test has one try. */
  readonly failAfter: number;
} & (
  | { readonly type: 'command'; readonly command: readonly string[]; readonly timeoutMs: number }
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
);
