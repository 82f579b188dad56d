/** Every driver of the port, by the name that a configuration has for it. */
import { checkedHost, type OutboundRules } from '../../outbound/checked-place.ts';
import type { TrafficRow } from '../../store/traffic.ts';
import { DnsTraffic, serverOf } from './dns/dns-traffic.ts';
import { HaproxyTraffic } from './haproxy/haproxy-traffic.ts';
import { placeOf } from './haproxy/runtime-api.ts';
import type { Traffic } from './traffic.ts';

/** `secret`: of its key, for a driver that has one. Nothing is connected to yet. */
export function openTraffic(row: TrafficRow, secret: string | null, rules: OutboundRules): Traffic {
  switch (row.driver) {
    case 'haproxy':
      return new HaproxyTraffic(row.name, row.settings, rules);
    case 'dns':
      return new DnsTraffic(row.name, row.settings, secret ?? '', rules);
  }
}

/** Throws: `address_refused` for a place that may not be connected to, `server_unavailable` for one that cannot be now. */
export async function requirePlace(row: TrafficRow, rules: OutboundRules): Promise<void> {
  switch (row.driver) {
    case 'haproxy':
      await placeOf(row.settings.endpoint, rules);
      return;
    case 'dns':
      await checkedHost(serverOf(row.settings).host, rules);
  }
}
