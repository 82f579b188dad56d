/**
 * Who or what wanted a switch, as far as the host knows: read from what decides now about the layers that came or went.
 *
 * Of several the one that outranks the others; null for an old transaction about layers that nobody speaks of any more.
 */
import type { AgentMessage } from '@guise/api';
import type { LayerRef, TransactionReport } from '@guise/model';
import type { Candidate } from './candidates.ts';
import type { Decision } from './decide-active.ts';

type Cause = Extract<AgentMessage, { readonly type: 'transaction' }>['cause'];

export interface Deciding {
  readonly decisions: readonly Pick<Decision, 'layer' | 'decidedBy'>[];
  readonly candidates: ReadonlyMap<string, Pick<Candidate, 'source'>>;
}

const ranked = ['hold', 'trigger', 'assignment', 'local'] as const;

export function transactionCause(
  { layers_before, layers_after }: Pick<TransactionReport, 'layers_before' | 'layers_after'>,
  { decisions, candidates }: Deciding,
): Cause {
  const moved = [...missingIn(layers_before, layers_after), ...missingIn(layers_after, layers_before)];
  if (moved.length === 0) return 'drift';
  const deciding = new Map(decisions.map(({ layer, decidedBy }) => [layer.instance, decidedBy] as const));
  const causes = new Set(moved.map((instance) => causeOf(deciding.get(instance), candidates.get(instance)?.source)));
  return ranked.find((cause) => causes.has(cause)) ?? null;
}

function causeOf(decidedBy: Decision['decidedBy'] | undefined, source: Candidate['source'] | undefined): Cause {
  switch (decidedBy) {
    case 'hold':
      return 'hold';
    case 'triggers':
      return 'trigger';
    case 'always':
      return source === 'server' ? 'assignment' : 'local';
    case undefined:
      return null;
  }
}

function missingIn(layers: readonly LayerRef[], others: readonly LayerRef[]): readonly string[] {
  const known = new Set(others.map(keyOf));
  return layers.filter((layer) => !known.has(keyOf(layer))).map(({ instance }) => instance);
}

function keyOf({ instance, persona_id, version, priority }: LayerRef): string {
  return `${instance} ${persona_id} ${version} ${priority}`;
}
