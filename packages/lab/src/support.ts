/**
 * Whether this machine can have labs, and if not, the one line that says what to do about it.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export type LabSupport = { readonly supported: true } | { readonly supported: false; readonly missing: string };

/** The Debian package that has each command. */
const packageOf = {
  'systemd-nspawn': 'systemd-container',
  btrfs: 'btrfs-progs',
  'mkfs.btrfs': 'btrfs-progs',
  mmdebstrap: 'mmdebstrap',
  nft: 'nftables',
  ip: 'iproute2',
  flock: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
} as const satisfies Record<string, string>;

export function labSupport(): LabSupport {
  if (process.platform !== 'linux') return no('a lab needs Linux');
  if (process.getuid?.() !== 0) return no('a lab needs root: run it with sudo');
  const commands = Object.entries(packageOf).filter(([command]) => !isInstalled(command));
  if (commands.length === 0) return { supported: true };
  const packages = [...new Set(commands.map(([, name]) => name))].join(' ');
  return no(`${commands.map(([command]) => command).join(', ')} missing: apt-get install ${packages}`);
}

function isInstalled(command: string): boolean {
  const directories = (process.env['PATH'] ?? '').split(':').filter((directory) => directory !== '');
  return directories.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function no(missing: string): LabSupport {
  return { supported: false, missing };
}
