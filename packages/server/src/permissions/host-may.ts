/**
 * What the agent of one host may do, which is to speak for that host and to hear what is meant for it, unless a policy forbids it.
 *
 * Asked for every message, so each answer is kept until policies change, and what the host is in for `limits.hostFactsMs`.
 */
import type { HostAction } from '@guise/api';
import type { HostId } from '@guise/model';
import { limits } from '@guise/model';
import type { Executor } from '../store/database.ts';
import { hostFacts } from '../store/permission-facts.ts';
import type { PolicyEngine } from './policy-engine.ts';
import { hostPrincipal } from './principal.ts';
import type { Facts } from './resource.ts';

/** About a host by its name: its own, if it is honest. */
export type HostMay = (action: HostAction, hostId: string) => Promise<boolean>;

export function hostMay(db: Executor, engine: PolicyEngine, hostId: HostId): HostMay {
  const answers = new Map<HostAction, boolean>();
  let facts: Facts | null = null;
  let atMs = 0;
  let revision = engine.revision;
  return async (action, about) => {
    if (about !== hostId)
      return engine.permits(hostPrincipal(hostId), action, { type: 'Host', id: about, parents: [] });
    if (facts === null || revision !== engine.revision || performance.now() - atMs > limits.hostFactsMs) {
      answers.clear();
      revision = engine.revision;
      atMs = performance.now();
      facts = (await hostFacts(db, [hostId])).get(hostId) ?? { type: 'Host', id: hostId, parents: [] };
    }
    const known = answers.get(action) ?? engine.permits(hostPrincipal(hostId), action, facts);
    answers.set(action, known);
    return known;
  };
}
