/**
 * Where the control plane may connect to when somebody else names the place.
 *
 * Only public addresses, unless whoever runs it allowed others: behind the rest are services that trust whoever reaches them, such as
 * a cloud's metadata. An address counts as what it stands for, however it is written or wrapped.
 * Source: IANA special-purpose registries, by ipaddr.js; RFC 4291 2.5.5.2 for IPv4-mapped ones.
 */
import { GuiseError } from '@guise/model';
import ipaddr from 'ipaddr.js';

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

export interface AddressRules {
  readonly allowed: readonly Network[];
  /** Where the configured place itself is on this machine. */
  readonly isLoopbackAllowed: boolean;
}

/** Public by its number, and yet a cloud's own. */
const metadataAddresses = ['168.63.129.16'];

/** Throws: `argument_invalid` for what is no network. */
export function parseNetworks(texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    try {
      return ipaddr.parseCIDR(text);
    } catch (cause) {
      throw new GuiseError('argument_invalid', `Cannot allow "${text}": it must be a network, such as 10.1.0.0/16`, {
        cause,
      });
    }
  });
}

export function isAllowed(address: string, { allowed, isLoopbackAllowed }: AddressRules): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const isIn = ([network, bits]: Network) => network.kind() === parsed.kind() && parsed.match(network, bits);
  if (allowed.some(isIn)) return true;
  if (isLoopbackAddress(address)) return isLoopbackAllowed;
  return parsed.range() === 'unicast' && !metadataAddresses.includes(parsed.toString());
}

export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
