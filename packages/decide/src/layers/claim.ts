/** What one layer says about one field of one address. */
import type { Address, Json, LayerRef } from '@guise/model';

export type Operand =
  | { readonly set: Json }
  /** As though no layer below had said anything: what `{remove: …}` means for things that are addresses themselves. */
  | { readonly unset: true }
  | { readonly at_least: number }
  | { readonly at_most: number }
  | { readonly append: readonly Json[] }
  | { readonly remove: readonly Json[] };

/** Where in an author's file a claim was made, for `why` and for errors. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

export interface Claim {
  readonly address: Address;
  readonly field: string;
  readonly operands: readonly Operand[];
  readonly layer: LayerRef;
  /** Within a layer: ancestors of the persona count from 0 up, the persona itself is last and wins. */
  readonly depth: number;
  readonly at: Position;
}
