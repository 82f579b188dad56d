/**
 * Which host of its pool an activation is to be on: the closest fit of those that are free for it.
 *
 * Shape: hosts → one of them; or, when one would do as soon as something else has come or gone there, that it is to be waited for;
 * or why it is none of them, for each.
 */
import { capacityIn, type PlacementHost, rankHosts, sumOf } from '@guise/decide/placement';
import type { HostId } from '@guise/model';
import type { Activation, Try } from '../store/activations.ts';
import type { PoolHost } from '../store/pool-hosts.ts';
import { parseTagSelector } from './tag-selector.ts';

export type Choice =
  | { readonly type: 'host'; readonly hostId: HostId }
  | { readonly type: 'wait' }
  | { readonly type: 'none'; readonly tries: readonly Try[] };

export function chooseHost(hosts: readonly PoolHost[], activation: Activation): Choice {
  const refused: Try[] = [];
  const free: PoolHost[] = [];
  const busy: PoolHost[] = [];
  for (const host of hosts) {
    const reason = whyNotFree(host, activation);
    if (reason === null) free.push(host);
    else {
      refused.push({ host_id: host.host_id, reason });
      if (host.busy && host.connected && !isTried(host, activation)) busy.push(host);
    }
  }
  const need = needOf(activation);
  const { fitting, unfit } = rankHosts(free.map(placed), need);
  const [closest] = fitting;
  if (closest !== undefined) return { type: 'host', hostId: closest.id as HostId };
  if (rankHosts(busy.map(emptied), need).fitting.length > 0) return { type: 'wait' };
  const tried = activation.tries.map(({ host_id }) => host_id);
  const others = [...refused, ...unfit.map(({ hostId, reason }) => ({ host_id: hostId, reason }))];
  return { type: 'none', tries: [...activation.tries, ...others.filter(({ host_id }) => !tried.includes(host_id))] };
}

/** Whether this one host is still free for it, and fits. */
export function isStillFit(host: PoolHost, activation: Activation): boolean {
  return whyNotFree(host, activation) === null && rankHosts([placed(host)], needOf(activation)).fitting.length > 0;
}

function whyNotFree(host: PoolHost, { tries, share, spare, instance }: Activation): string | null {
  const failed = tries.find(({ host_id }) => host_id === host.host_id);
  if (failed !== undefined) return failed.reason;
  if (host.busy) return 'something else comes or goes there';
  if (spare && host.warm_for !== null) return 'it is a spare already';
  if (host.state === 'production' && host.needs.length > 0) {
    if (!share) return 'it is in production';
    if (!host.shared) return 'it is in production, and not to be shared';
  } else if (host.state !== 'idle') return `it is ${host.state.replace('_', ' ')}`;
  if (!host.connected) return 'its agent is away';
  if (!host.settled) return 'it has not become what was last desired of it';
  return host.instances.includes(instance) ? `it has a "${instance}" already` : null;
}

function isTried({ host_id }: PoolHost, { tries }: Activation): boolean {
  return tries.some((each) => each.host_id === host_id);
}

function needOf({ persona_id, need, selector }: Activation) {
  return { persona: persona_id, room: need, selector: selector === null ? [] : parseTagSelector(selector) };
}

function placed({ host_id, tags, facts, needs, warm_for }: PoolHost): PlacementHost {
  return { id: host_id, labels: tags, capacity: capacityIn(facts), taken: sumOf(needs), warmFor: warm_for };
}

/** When all that is there has gone. */
function emptied(host: PoolHost): PlacementHost {
  return placed({ ...host, needs: [] });
}
