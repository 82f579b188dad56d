/**
 * The layers that this host may have active: what the control plane desires, what was declared here, what a hold brought along.
 *
 * Of two with one instance name a held one wins, then the control plane's: it is the newer word. The order is that of the sources,
 * so the same sources give the same active set, in the same order.
 */
import type { Layer } from '@guise/model';

export interface Candidate {
  readonly layer: Layer;
  readonly source: 'server' | 'local' | 'hold';
}

export interface CandidateSources {
  readonly desired: readonly Layer[];
  readonly declared: readonly Layer[];
  /** Of holds in force, oldest first. */
  readonly held: readonly Layer[];
}

export function candidatesOf({ desired, declared, held }: CandidateSources): readonly Candidate[] {
  const byInstance = new Map<string, Candidate>();
  const put = (source: Candidate['source'], layers: readonly Layer[]) => {
    for (const layer of layers) byInstance.set(layer.instance, { layer, source });
  };
  const taken = new Set(desired.map(({ instance }) => instance));
  put('server', desired);
  put(
    'local',
    declared.filter(({ instance }) => !taken.has(instance)),
  );
  put('hold', held);
  return [...byInstance.values()];
}
