/** The host's own account of itself: who is active, what guise manages, who won. */

import type { Layer, StateReport, TransactionReport } from '@guise/model';
import { shownState } from '@guise/model';
import type { Prepared } from './prepare.ts';
import { refOf } from './prepare.ts';

export interface StateInput {
  readonly layers: readonly Layer[];
  readonly prepared: Prepared;
  readonly last: TransactionReport | null;
}

export function stateReport({ layers, prepared, last }: StateInput): StateReport {
  const winners = new Map<string, Set<string>>();
  for (const { address, layer } of prepared.claims)
    winners.set(address, (winners.get(address) ?? new Set()).add(layer.instance));
  return {
    active: layers.map((layer) => ({
      ...refOf(layer),
      assigned_by: layer.assigned_by,
      parameters: layer.parameters,
      ...signatureOf(layer),
    })),
    addresses: prepared.afterCommit.managed
      .map(([address, state]) => ({
        address,
        state: shownState(state),
        winners: [...(winners.get(address) ?? [])].sort(),
      }))
      .sort((a, b) => (a.address < b.address ? -1 : 1)),
    conflicts: prepared.plan.conflicts,
    last_transaction: last === null ? null : { id: last.id, status: last.status },
  };
}

function signatureOf({ signature }: Layer): Pick<Layer, 'signature'> {
  return signature === undefined ? {} : { signature };
}
