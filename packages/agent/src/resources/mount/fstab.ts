/** Entries of `/etc/fstab`, guise's among those of others. Source: fstab(5). */
import type { MountState } from '@guise/model';
import { escapeMount, type Files, unescapeMount } from '../../host/index.ts';
import { type Dialect, entryOf, type Overlay, parseOverlay, withEntry } from '../overlay-file.ts';
import { writeOverlay } from '../write-overlay.ts';
import type { FstabEntry } from './mount-state.ts';

export const fstabPath = '/etc/fstab';

const dialect: Dialect = {
  idsOf: (line) => {
    const [device = '#', path] = line.trim().split(/\s+/);
    return device.startsWith('#') || path === undefined ? [] : [unescapeMount(path)];
  },
  without: () => null,
};

/** Looks up mount points in the file as it is now. */
export function readFstab(files: Files): (path: string) => FstabEntry | null {
  const overlay = parseOverlay(files.readText(fstabPath), 'file');
  return (path) => {
    const line = entryOf(overlay, path, dialect);
    if (line === null) return null;
    const [device = '', , fstype = 'auto', options = ''] = line.trim().split(/\s+/);
    return {
      device: unescapeMount(device),
      fstype,
      options: options.split(',').filter((option) => option !== '' && option !== 'defaults'),
    };
  };
}

export function fstabLine(path: string, { device, fstype, options }: MountState): string {
  const text = options.length === 0 ? 'defaults' : options.join(',');
  return [escapeMount(device ?? 'none'), escapeMount(path), fstype ?? 'auto', escapeMount(text), '0', '0'].join('\t');
}

/** One rewrite for all; an entry that is right already, whosever it is, stays as it is. */
export function writeFstab(mounts: readonly (readonly [path: string, state: MountState])[], files: Files): void {
  let overlay = parseOverlay(files.readText(fstabPath), 'file');
  for (const [path, state] of mounts) {
    const without = withoutOwn(overlay, path);
    const original = entryOf(without, path, dialect);
    overlay = state.persistent
      ? withEntry(without, path, sameEntry(original, path, state) ? original : fstabLine(path, state), dialect)
      : withEntry(without, path, null, dialect);
  }
  writeOverlay(fstabPath, overlay, dialect, files);
}

function withoutOwn(overlay: Overlay, path: string): Overlay {
  const entries = new Map(overlay.entries);
  entries.delete(path);
  return { ...overlay, entries };
}

/** An entry of others is left alone when it names the same device and type; its further options are theirs. */
function sameEntry(line: string | null, path: string, state: MountState): boolean {
  if (line === null) return false;
  const [device, , fstype] = line.trim().split(/\s+/);
  const [ownDevice, , ownType] = fstabLine(path, state).split('\t');
  return device === ownDevice && fstype === ownType;
}
