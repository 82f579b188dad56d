/**
 * Which of some packages put something on the host: dpkg's lists for files and units, footprints for what scripts created.
 *
 * Shape: only addresses that one of the packages brought are in the answer.
 */
import { type Address, addressOf, kindOf, nameOf } from '@guise/model';
import type { ObserveContext } from '../adapter.ts';
import { type Footprint, type Owned, readFootprints } from './footprint-store.ts';

const infoDirectory = '/var/lib/dpkg/info';
const unitDirectories = ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/init.d'];

export function ownersOfAddresses(
  addresses: readonly Address[],
  packages: ReadonlySet<Address>,
  context: ObserveContext,
): ReadonlyMap<Address, Address> {
  const names = new Set([...packages].map(nameOf));
  const ownerOfPath = pathOwners(names, context);
  const ownerOfAccount = accountOwners(names, context);
  return new Map(
    addresses.flatMap((address): readonly [Address, Address][] => {
      const owner = ownerOf(address, ownerOfPath, ownerOfAccount);
      return owner === undefined ? [] : [[address, addressOf('package', owner)]];
    }),
  );
}

type Find = (what: string) => string | undefined;

function ownerOf(address: Address, ownerOfPath: Find, ownerOfAccount: Find): string | undefined {
  const name = nameOf(address);
  switch (kindOf(address)) {
    case 'file':
      return ownerOfPath(name);
    case 'unit':
      return ownerOfPath(`/etc/systemd/system/${name}`);
    case 'service':
      return unitPaths(name)
        .map(ownerOfPath)
        .find((owner) => owner !== undefined);
    case 'user':
      return ownerOfAccount(`/etc/passwd:${name}`);
    case 'group':
      return ownerOfAccount(`/etc/group:${name}`);
    case 'database':
    case 'package':
    case 'authorized_key':
    case 'module':
    case 'sysctl':
    case 'mount':
    case 'hosts_entry':
    case 'address':
    case 'route':
    case 'firewall':
    case 'limit':
    case 'timer':
    case 'command':
      return undefined;
  }
}

/** An instance, `postgresql@15-main.service`, comes from its template; a unit without a file from a script. */
function unitPaths(unit: string): readonly string[] {
  const template = unit.replace(/@[^.]*\./, '@.');
  return unitDirectories.flatMap((directory) => [
    `${directory}/${unit}`,
    `${directory}/${template}`,
    `${directory}/${unit.replace(/\.service$/, '')}`,
  ]);
}

/** What lies in a directory that a script created was created by it too. */
function pathOwners(names: ReadonlySet<string>, context: ObserveContext): Find {
  const listed = new Map<string, string>();
  for (const file of context.host.files.list(infoDirectory)) {
    const name = file.replace(/(:[a-z0-9]+)?\.list$/, '');
    if (!file.endsWith('.list') || !names.has(name)) continue;
    for (const path of (context.host.files.readText(`${infoDirectory}/${file}`) ?? '').split('\n'))
      listed.set(path, name);
  }
  const created = readFootprints(context).flatMap((footprint) =>
    footprint.created.map((item) => ownedBy(item, footprint)),
  );
  return (path) =>
    listed.get(path) ??
    created
      .find((item) => path === item.path || path.startsWith(`${item.path}/`))
      ?.owners.find((owner) => names.has(owner));
}

function accountOwners(names: ReadonlySet<string>, context: ObserveContext): Find {
  const added = readFootprints(context)
    .flatMap((footprint) => footprint.lines.map((line) => ownedBy(line, footprint)))
    .filter(({ before }) => before === null);
  return (what) => added.find(({ path, name }) => `${path}:${name}` === what)?.owners.find((owner) => names.has(owner));
}

/** No owner named means that all packages of the run did it. */
function ownedBy<T extends Owned>(item: T, { packages }: Footprint): T {
  return item.owners.length > 0 ? item : { ...item, owners: packages };
}
