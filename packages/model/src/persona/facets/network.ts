/** Addresses, routes, host names and the firewall. */
import { z } from 'zod';
import { deviceName, integer, ip, listOf, network, port, text } from '../formats.ts';

const firewallRule = z
  .strictObject({
    port: port.optional(),
    protocol: z.enum(['tcp', 'udp', 'icmp']).optional().describe('tcp when absent.'),
    from: network.optional().describe('Any source when absent.'),
  })
  .superRefine((rule, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['port'], message });
    if (rule.protocol === 'icmp' && rule.port !== undefined) refuse('must be left out of an icmp rule');
    const [low, high] = typeof rule.port === 'string' ? rule.port.split('-').map(Number) : [];
    if (low !== undefined && high !== undefined && (low < 1 || high > 65535 || low > high)) {
      refuse('must be a range within 1 to 65535, lowest first');
    }
  });

const hostName = text(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'must be a host name');
const destination = z.union([network, z.literal('default')], 'must be a network such as "10.9.0.0/16", or "default"');

export const networkFields = {
  network_configuration: z
    .strictObject({
      firewall: z
        .strictObject({
          policy: z.enum(['accept', 'drop']).optional().describe('For incoming traffic that no rule names.'),
          allow: listOf(firewallRule).optional(),
          deny: listOf(firewallRule).optional(),
        })
        .optional()
        .describe('The nftables table "inet guise"; other tables are left alone.'),
      routes: z
        .array(
          z.strictObject({
            to: destination,
            via: ip.optional(),
            device: deviceName.optional(),
            metric: integer(0, 4_294_967_295).optional(),
          }),
        )
        .optional(),
      addresses: z
        .array(
          z.strictObject({
            device: deviceName,
            address: z.union([z.cidrv4(), z.cidrv6()], 'must be an address with its prefix, such as "10.0.0.5/24"'),
          }),
        )
        .optional(),
      vlans: z.array(z.strictObject({ device: deviceName, id: integer(1, 4094) })).optional(),
      hosts: z.record(hostName, ip).optional().describe('Entries of /etc/hosts.'),
    })
    .optional(),
};
