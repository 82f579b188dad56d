/** `network_configuration` → `firewall`, `route`, `address` and `hosts_entry`. */
import type { FirewallRule, PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';

type Network = NonNullable<PersonaDocument['network_configuration']>;
type RuleEntry = Extract<NonNullable<NonNullable<Network['firewall']>['allow']>, readonly unknown[]>[number];

export function compileNetwork({ network_configuration: network }: PersonaDocument, sink: ClaimSink): void {
  compileFirewall(network?.firewall, sink);
  for (const [index, { to, via, device, metric }] of (network?.routes ?? []).entries()) {
    const address = addressOf('route', destinationOf(to));
    const path = `network_configuration.routes.${index}`;
    sink.set(address, 'present', true, path);
    sink.set(address, 'via', via, `${path}.via`);
    sink.set(address, 'device', device, `${path}.device`);
    sink.set(address, 'metric', metric, `${path}.metric`);
  }
  for (const [index, { device, address }] of (network?.addresses ?? []).entries()) {
    sink.set(addressOf('address', `${device}/${address}`), 'present', true, `network_configuration.addresses.${index}`);
  }
  for (const [name, ip] of Object.entries(network?.hosts ?? {})) {
    sink.set(addressOf('hosts_entry', name), 'ip', ip, `network_configuration.hosts.${name}`);
  }
}

function compileFirewall(firewall: Network['firewall'], sink: ClaimSink): void {
  if (firewall === undefined) return;
  const address = addressOf('firewall', 'inet');
  const path = 'network_configuration.firewall';
  sink.set(address, 'present', true, path);
  sink.set(address, 'policy', firewall.policy, `${path}.policy`);
  sink.list(address, 'allow', firewall.allow, `${path}.allow`, (entry) => ruleOf(entry, 'accept'));
  sink.list(address, 'deny', firewall.deny, `${path}.deny`, (entry) => ruleOf(entry, 'drop'));
}

/** Keys always in this order: equal rules are equal text when lists are combined. */
function ruleOf({ protocol = 'tcp', port, from }: RuleEntry, verdict: 'accept' | 'drop'): FirewallRule {
  return { protocol, port: port === undefined ? null : String(port), from: from ?? null, verdict };
}

/** As ip-route(8) shows it. */
function destinationOf(to: string): string {
  if (to === '0.0.0.0/0') return 'default';
  return to.includes(':') ? to.replace(/\/128$/, '') : to.replace(/\/32$/, '');
}
