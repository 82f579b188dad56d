/**
 * The network of a lab: a bridge of its own with a /24 subnet, from which hosts reach the outside as the machine itself.
 *
 * Hosts reach each other and the machine (the subnet's first address) directly.
 * Every function expects the caller to hold the pool's lock.
 */
import { createHash } from 'node:crypto';
import { GuiseError } from '@guise/model';
import type { Execute } from './command.ts';
import type { LabNames } from './names.ts';

/** What `ip -json` says of a route or a link, as far as it matters here. */
interface IpObject {
  readonly dst?: string;
  readonly ifname?: string;
  readonly ifindex?: number;
}

const subnetPattern = /^10\.81\.(\d{1,3})\./;
const outerNumber = 1;
const firstHostNumber = 11;
const lastHostNumber = 254;

export function subnetOf(subnet: number): string {
  return `10.81.${subnet}.0/24`;
}

/** The machine's own address in the lab: where hosts find a control plane that runs on it. */
export function outerAddress(subnet: number): string {
  return addressOf(subnet, outerNumber);
}

export function addressOf(subnet: number, number: number): string {
  return `10.81.${subnet}.${number}`;
}

/** The first free subnet from a start that is the lab's own, so that a lab mostly keeps its addresses. Throws: `limit_exceeded`. */
export function chooseSubnet(labId: string, taken: ReadonlySet<number>): number {
  const start = Number.parseInt(labId.slice(0, 4), 16);
  for (let step = 0; step < 256; step += 1) {
    const subnet = (start + step) % 256;
    if (!taken.has(subnet)) return subnet;
  }
  throw new GuiseError('limit_exceeded', 'Cannot find a free subnet: all of 10.81.0.0/16 is in use on this machine');
}

/** Throws: `limit_exceeded` when the subnet has no address left. */
export function chooseHostNumber(taken: ReadonlySet<number>): number {
  for (let number = firstHostNumber; number <= lastHostNumber; number += 1) if (!taken.has(number)) return number;
  throw new GuiseError(
    'limit_exceeded',
    `Cannot add a host: a lab has at most ${lastHostNumber - firstHostNumber + 1}`,
  );
}

/** Subnets of ours that any route of this machine names. */
export async function subnetsInUse(execute: Execute): Promise<ReadonlySet<number>> {
  const routes = parseObjects(await execute(['ip', '-json', '-4', 'route', 'show', 'table', 'all']));
  return new Set(routes.flatMap((route) => subnetPattern.exec(route.dst ?? '')?.[1] ?? []).map(Number));
}

export async function openNetwork(lab: LabNames, subnet: number, execute: Execute): Promise<void> {
  if (!(await linkNames(execute)).includes(lab.bridge)) {
    await execute(['ip', 'link', 'add', lab.bridge, 'address', bridgeMac(lab.id), 'type', 'bridge']);
  }
  await execute(['ip', 'address', 'replace', `${outerAddress(subnet)}/24`, 'dev', lab.bridge]);
  await execute(['ip', 'link', 'set', lab.bridge, 'up']);
  await execute(['nft', '--file', '-'], { input: masqueradeRules(lab.nftTable, subnetOf(subnet)) });
}

export async function closeNetwork(lab: LabNames, execute: Execute): Promise<void> {
  const links = await linkNames(execute);
  if (links.includes(lab.bridge)) await execute(['ip', 'link', 'delete', lab.bridge]);
  // Adding before deleting makes this succeed whether or not the table is there.
  await execute(['nft', '--file', '-'], {
    input: `add table inet ${lab.nftTable}\ndelete table inet ${lab.nftTable}\n`,
  });
}

/** Takes the host's link down, or up again, at the machine's end of it. */
export async function setHostLink(
  lab: LabNames,
  peerIndex: number,
  state: 'up' | 'down',
  execute: Execute,
): Promise<void> {
  const links = parseObjects(await execute(['ip', '-json', 'link', 'show', 'master', lab.bridge]));
  const link = links.find((candidate) => candidate['ifindex'] === peerIndex)?.['ifname'];
  if (typeof link !== 'string')
    throw new GuiseError('lab_failed', `Cannot find link ${peerIndex} on the bridge ${lab.bridge}`);
  await execute(['ip', 'link', 'set', link, state]);
}

function masqueradeRules(table: string, subnet: string): string {
  return `add table inet ${table}
delete table inet ${table}
table inet ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr ${subnet} ip daddr != ${subnet} masquerade
  }
}
`;
}

async function linkNames(execute: Execute): Promise<readonly string[]> {
  return parseObjects(await execute(['ip', '-json', 'link', 'show'])).flatMap((link) => link.ifname ?? []);
}

/** A bridge without an address of its own changes it whenever a host joins, which cuts connections. */
function bridgeMac(labId: string): string {
  const digits = createHash('sha256').update(labId).digest('hex').slice(0, 10);
  return `02:${(digits.match(/../g) ?? []).join(':')}`;
}

function parseObjects(text: string): readonly IpObject[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as IpObject[]);
}
