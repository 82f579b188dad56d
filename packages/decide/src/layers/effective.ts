/** What merging layers over a baseline gives, with the reason for every field. */
import type { Address, Conflict, Json, LayerRef, State } from '@guise/model';
import type { Operand, Position } from './claim.ts';

export interface Contribution {
  readonly layer: LayerRef;
  readonly operand: Operand;
  readonly at: Position;
}

export interface Provenance {
  readonly value: Json;
  /** The claim that set the value, or the bound that it was moved to; `baseline` or `default` when none did. */
  readonly winner: Contribution | 'baseline' | 'default';
  /** Claims that combined into the value (a withdrawal, bounds, appends), lowest first. */
  readonly combined: readonly Contribution[];
  /** Claims that lost, highest first. */
  readonly losers: readonly Contribution[];
  readonly baseline: Json;
}

export interface EffectiveAddress {
  readonly address: Address;
  readonly state: State;
  readonly fields: { readonly [field: string]: Provenance };
}

export interface Effective {
  readonly addresses: ReadonlyMap<Address, EffectiveAddress>;
  readonly conflicts: readonly Conflict[];
}
