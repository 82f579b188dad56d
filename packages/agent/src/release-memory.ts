/**
 * Gives memory back once the agent has come to rest.
 *
 * V8 collects when it needs room, so an agent with nothing to do would keep what its last switch left for days. Every
 * `limits.restPeriodMs` this looks at the resident memory, and collects when it has grown by `limits.restGrowthBytes` since the last
 * time: at most one collection a period, none for an agent that does nothing, and what is really needed is collected in vain only once.
 */
import { limits } from '@guise/model';
import type { LinkClock } from './link/clock.ts';

export interface Memory {
  readonly residentBytes: () => number;
  /** A full collection; some 20 ms. Null where the process was started without the right to ask for one. */
  readonly collect: (() => void) | null;
}

/** The answer ends it. */
export function releaseMemoryAtRest({ residentBytes, collect }: Memory, clock: Pick<LinkClock, 'after'>): () => void {
  if (collect === null) return () => undefined;
  let restBytes = 0;
  const look = (): void => {
    const bytes = residentBytes();
    if (bytes > restBytes + limits.restGrowthBytes) {
      collect();
      restBytes = residentBytes();
    } else restBytes = Math.min(restBytes, bytes);
    cancel = clock.after(limits.restPeriodMs, look);
  };
  let cancel = clock.after(limits.restPeriodMs, look);
  return () => cancel();
}
