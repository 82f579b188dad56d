/** A pool in few words. */
import type { Client } from '@guise/api';

type Pool = Awaited<ReturnType<Client['getPool']>>;

/** `3 idle, 1 production`; empty without hosts. */
export function hostCounts({ hosts }: Pool): string {
  return Object.entries(hosts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state.replace('_', ' ')}`)
    .join(', ');
}

/** `1 of 2 as web`; empty when none is kept and none is there. */
export function readyText({ policy, warm }: Pool): string {
  if (policy.warm === 0 && warm === 0) return '';
  return `${warm} of ${policy.warm}${policy.persona_id === undefined ? '' : ` as ${policy.persona_id}`}`;
}
