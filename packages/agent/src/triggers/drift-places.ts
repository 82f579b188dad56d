/** Where on the disk managed addresses are, for those that are files. Others are only found by looking. */
import { posix } from 'node:path';
import type { Address } from '@guise/model';
import { kindOf, nameOf } from '@guise/model';
import type { Watched } from '../host/watch-directories.ts';

export function watchedPlaces(addresses: Iterable<Address>): Watched {
  const places = new Map<string, Set<string>>();
  for (const path of [...addresses].flatMap(pathsOf)) {
    const directory = posix.dirname(path);
    const names = places.get(directory) ?? new Set();
    places.set(directory, names.add(posix.basename(path)));
  }
  return places;
}

function pathsOf(address: Address): readonly string[] {
  const name = nameOf(address);
  switch (kindOf(address)) {
    case 'file':
      return [name];
    case 'unit':
    case 'timer':
      return [`/etc/systemd/system/${name}`];
    case 'user':
      return ['/etc/passwd', '/etc/shadow'];
    case 'group':
      return ['/etc/group'];
    case 'hosts_entry':
      return ['/etc/hosts'];
    case 'package':
      return ['/var/lib/dpkg/status'];
    case 'mount':
      return ['/etc/fstab'];
    default:
      return [];
  }
}
