/** Claims for tests, in few words: what one layer says, as `address field` → operands or a plain value. */
import type { Address, Json, LayerRef } from '@guise/model';
import type { Claim, Operand } from './claim.ts';

export interface Saying {
  readonly instance: string;
  readonly priority?: number;
  readonly depth?: number;
  readonly says: { readonly [addressAndField: string]: Json | { readonly operands: readonly Operand[] } };
}

export function claimsOf({ instance, priority = 50, depth = 0, says }: Saying): readonly Claim[] {
  const layer: LayerRef = { instance, persona_id: instance, version: null, priority };
  return Object.entries(says).map(([key, said]) => {
    const [address, field] = key.split(' ') as [Address, string];
    const operands =
      typeof said === 'object' && said !== null && 'operands' in said
        ? (said.operands as readonly Operand[])
        : [{ set: said as Json }];
    return { address, field, operands, layer, depth, at: { file: `${instance}.yaml`, line: 1, column: 1, path: key } };
  });
}
