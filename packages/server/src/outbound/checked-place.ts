/**
 * Places to connect to without HTTP that a configuration names: a host and port, or a socket of this machine.
 *
 * Invariants: what is connected to is what was checked, one address or one real path; an address of this machine counts as private; a
 * socket is below a directory that whoever runs the control plane named, also after its links were followed.
 * Throws: `address_refused`; `server_unavailable` for a name that nobody knows and a socket that is not there.
 */
import { lookup } from 'node:dns/promises';
import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import { inTime } from '../in-time.ts';
import { isAllowed, parseNetworks } from './address-rules.ts';

export interface OutboundRules {
  /** Networks that may be connected to though they are not public. */
  readonly allowOutbound: readonly string[];
  /** Directories whose sockets may be connected to. */
  readonly socketDirectories: readonly string[];
}

/** The address of a host; IPv6 in brackets is an address as well. */
export async function checkedHost(host: string, { allowOutbound }: OutboundRules): Promise<string> {
  const rules = { allowed: parseNetworks(allowOutbound), isLoopbackAllowed: false };
  const addresses = await addressesOf(host.replace(/^\[(.*)\]$/, '$1'));
  for (const address of addresses) {
    if (!isAllowed(address, rules)) {
      throw refused(host, `${address} is not a public address, and not one of --allow-outbound`);
    }
  }
  const [first] = addresses;
  if (first === undefined) throw refused(host, 'it has no address');
  return first;
}

/** Its real path. */
export async function checkedSocket(path: string, { socketDirectories }: OutboundRules): Promise<string> {
  const directories = await Promise.all(socketDirectories.map((directory) => realpath(directory).catch(() => null)));
  const real = await realpath(path).catch(() => null);
  // Of what is elsewhere nobody learns whether it is there.
  if (directories.some((directory) => directory !== null && real?.startsWith(directory + sep))) return real ?? path;
  if (real === null && socketDirectories.some((directory) => path.startsWith(directory + sep))) {
    throw new GuiseError('server_unavailable', `Cannot reach ${path}: there is no such socket`);
  }
  throw refused(path, 'it is not in a directory of --traffic-sockets');
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    const found = lookup(host, { all: true });
    const addresses = await inTime(found, limits.trafficCommandTimeoutMs, () => new Error('nobody answers in time'));
    return addresses.map(({ address }) => address);
  } catch (cause) {
    throw new GuiseError('server_unavailable', `Cannot reach ${host}: its name is not known`, { cause });
  }
}

function refused(place: string, why: string): GuiseError {
  return new GuiseError('address_refused', `Cannot connect to ${place}: ${why}`);
}
