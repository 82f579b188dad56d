/**
 * What the kernel and fstab say of one mount point.
 *
 * The kernel spells a device its own way and prints options that nobody asked for, so a state speaks of those that `known` names, in the words
 * of `known` where they mean the same, and of every flag that restricts. Without `known` all are told, so that they can come back.
 */
import type { MountState } from '@guise/model';
import type { Files, MountInfo } from '../../host/index.ts';

/** The defaults of every mount. */
const defaults = new Set(['rw', 'relatime']);
/** Options of the mount point rather than of the file system, apart from the defaults. */
const flags = new Set([
  'ro',
  'nosuid',
  'nodev',
  'noexec',
  'noatime',
  'nodiratime',
  'strictatime',
  'sync',
  'dirsync',
  'nosymfollow',
  'lazytime',
]);
/** Read by mount(8) alone; the kernel never tells of them. */
const onlyMount8 =
  /^(defaults|rw|relatime|auto|noauto|nofail|_netdev|users?|nouser|owner|r?bind|comment=.*|x-.*|X-.*)$/;
const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** All of a MountState that does not need the file system. */
export interface Told {
  readonly mounted: boolean;
  readonly device: string | null;
  readonly fstype: string | null;
  readonly options: readonly string[];
  readonly persistent: boolean;
}

/** The kernel's name of a device that may be given by label or UUID. */
export type DeviceName = (device: string) => string;

export interface FstabEntry {
  readonly device: string;
  readonly fstype: string;
  readonly options: readonly string[];
}

export interface MountSeen {
  readonly mount: MountInfo | null;
  readonly entry: FstabEntry | null;
  readonly known: Partial<MountState> | null;
  readonly deviceName: DeviceName;
}

export function mountState({ mount, entry, known, deviceName }: MountSeen): Told {
  if (mount === null) {
    const told =
      entry === null ? { device: null, fstype: null, options: [] } : { ...entry, options: [...entry.options].sort() };
    return { mounted: false, ...told, persistent: entry !== null };
  }
  return {
    mounted: true,
    device: sameDevice(mount, known?.device ?? null, deviceName) ? known!.device! : mount.device,
    fstype: known?.options?.some(isBind) === true ? (known.fstype ?? mount.fstype) : mount.fstype,
    options: optionsOf(mount, known?.options ?? null),
    persistent: entry !== null,
  };
}

/** Source: the "by-" links of udev(7); fstab(5) "The first field". */
export function deviceNames(files: Files): DeviceName {
  return (device) => {
    const [, tag, value] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/.exec(device) ?? [];
    const target = tag === undefined ? null : files.status(`/dev/disk/by-${tag.toLowerCase()}/${value}`).target;
    return target === null ? device : `/dev/${target.slice(target.lastIndexOf('/') + 1)}`;
  };
}

/** How many directories at the end of a path do not exist. */
export function missingDirectories(path: string, files: Files): number {
  let missing = 0;
  for (let at = path; at !== '' && files.status(at).type === 'absent'; at = at.slice(0, at.lastIndexOf('/')))
    missing += 1;
  return missing;
}

/** A bind mount's device is the file system that holds the directory; the kernel tells the directory apart, as the mount's root. */
function sameDevice({ device, root }: MountInfo, known: string | null, deviceName: DeviceName): boolean {
  if (known === null) return false;
  return (
    deviceName(known) === device ||
    (known.startsWith('/') && root !== '/' && (known.endsWith(root) || root.endsWith(known)))
  );
}

function optionsOf({ options, superOptions }: MountInfo, known: readonly string[] | null): readonly string[] {
  const live = new Set([...options, ...superOptions].filter((option) => !defaults.has(option) && option !== ''));
  if (known === null) return [...live].sort();
  // A directory seen elsewhere has the flags of the mount that it is from, which nobody asked for here.
  const told = new Set(known.some(isBind) ? [] : [...live].filter((option) => flags.has(option)));
  const byMeaning = new Map([...live].map((option) => [meaningOf(option), option]));
  for (const option of known) {
    if (onlyMount8.test(option) || byMeaning.has(meaningOf(option))) told.add(option);
    else {
      // Asked for with another value: what it is instead is told, so that it shows as a difference.
      const key = option.split('=')[0]!;
      const instead = [...live].find((other) => other.split('=')[0] === key);
      if (instead !== undefined) told.add(instead);
    }
  }
  return [...told].sort();
}

function isBind(option: string): boolean {
  return option === 'bind' || option === 'rbind';
}

/** `size=64m` and `size=65536k` mean the same, and so do `mode=755` and `mode=0755`. */
function meaningOf(option: string): string {
  const [, key, amount, unit] = /^([a-z_]+)=0*(\d+)([kmg]?)$/i.exec(option) ?? [];
  return key === undefined ? option : `${key}=${Number(amount) * units[unit!.toLowerCase()]!}`;
}
