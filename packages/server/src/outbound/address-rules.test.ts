import { describe, expect, it } from 'vitest';
import { isAllowed, parseNetworks } from './address-rules.ts';

const strict = { allowed: [], isLoopbackAllowed: false };

describe('an address', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'])('%s is public', (address) => {
    expect(isAllowed(address, strict)).toBe(true);
  });

  it.each([
    ['127.0.0.1', 'this machine'],
    ['127.255.255.254', 'this machine'],
    ['0.0.0.0', 'this machine too'],
    ['::1', 'this machine'],
    ['::', 'unspecified'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'a carrier’s'],
    ['100.100.100.200', 'metadata of a cloud'],
    ['169.254.169.254', 'metadata of clouds'],
    ['168.63.129.16', 'metadata of a cloud, at a public number'],
    ['fd00:ec2::254', 'metadata of a cloud'],
    ['fe80::1', 'link-local'],
    ['fc00::1', 'private'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['192.0.2.1', 'documentation'],
    ['::ffff:127.0.0.1', 'IPv4 in IPv6'],
    ['::ffff:7f00:1', 'IPv4 in IPv6'],
    ['::ffff:169.254.169.254', 'IPv4 in IPv6'],
    ['64:ff9b::7f00:1', 'IPv4 through a translator'],
    ['2002:7f00:1::', 'IPv4 in 6to4'],
    ['2001:0:7f00:1::', 'Teredo'],
    ['localhost', 'no address'],
    ['', 'no address'],
  ])('%s is refused: %s', (address) => {
    expect(isAllowed(address, strict)).toBe(false);
  });

  it('in a network that was allowed is allowed, and no other', () => {
    const rules = { allowed: parseNetworks(['10.1.0.0/16', 'fd12::/32']), isLoopbackAllowed: false };
    expect(isAllowed('10.1.255.1', rules)).toBe(true);
    expect(isAllowed('::ffff:10.1.0.1', rules)).toBe(true);
    expect(isAllowed('10.2.0.1', rules)).toBe(false);
    expect(isAllowed('fd12::5', rules)).toBe(true);
    expect(isAllowed('fd13::5', rules)).toBe(false);
  });

  it('of this machine is allowed where the configured place is here', () => {
    expect(isAllowed('127.0.0.1', { ...strict, isLoopbackAllowed: true })).toBe(true);
    expect(isAllowed('10.0.0.1', { ...strict, isLoopbackAllowed: true })).toBe(false);
  });

  it.each(['10.0.0.1', '10.0.0.0/33', 'everything', ''])('%j is no network', (text) => {
    expect(() => parseNetworks([text])).toThrow(expect.objectContaining({ code: 'argument_invalid' }));
  });
});
