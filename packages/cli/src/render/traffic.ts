/** What sends requests to hosts, as people read it. */
import type { ResponseOf, Routes } from '@guise/api';

type Traffic = ResponseOf<Routes['getTraffic']>;
type State = ResponseOf<Routes['drainHost']>;

/** Where it is and what of it: `haproxy unix:/run/haproxy/admin.sock web`. */
export function trafficPlace({ driver, settings }: Traffic): string {
  return driver === 'haproxy'
    ? `haproxy ${settings.endpoint} ${settings.backend}`
    : `dns ${settings.server} ${settings.name}`;
}

/** `1 of 3 out of traffic`; nothing when it was not looked at. */
export function trafficShares({ live }: Traffic): string {
  if (live === null) return '';
  const out = live.filter(({ state }) => state?.is_serving !== true).length;
  return out === 0 ? `${live.length} in traffic` : `${out} of ${live.length} out of traffic`;
}

export function stateText({ is_serving, under_way }: State): string {
  const rest = under_way === null || under_way === 0 ? '' : `, ${under_way} under way`;
  return `${is_serving ? 'in traffic' : 'out of traffic'}${rest}`;
}
