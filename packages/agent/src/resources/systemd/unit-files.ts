/**
 * Unit files and drop-ins below `/etc/systemd/system`, which is the one place that guise writes units to.
 *
 * A drop-in's directory comes and goes with its only file. A link there is an alias or a mask: it has no content of its own,
 * and it is refused rather than replaced, because a digest alone could not bring it back.
 * systemd is not told here; whoever starts or nudges the unit looks at its `NeedDaemonReload`.
 * Throws: `change_failed` on a link.
 */
import { type Digest, GuiseError } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { ApplyContext, ObserveContext } from '../adapter.ts';

const unitDirectory = '/etc/systemd/system';

export function unitPath(name: string): string {
  return `${unitDirectory}/${name}`;
}

/** Null when there is no regular file. Keeps the content as a blob, so that it can be put back. */
export function readUnitFile(name: string, { host, blobs }: ObserveContext): Digest | null {
  if (host.files.status(unitPath(name)).type !== 'file') return null;
  const content = host.files.read(unitPath(name));
  return content === null ? null : blobs.put(content);
}

/** Makes the file have that content, or not be there. */
export function setUnitFile(
  name: string,
  digest: Digest | null,
  { host, blobs }: Pick<ApplyContext, 'host' | 'blobs'>,
): void {
  if (digest === null) removeUnitFile(host, name);
  else writeUnitFile(host, name, blobs.get(digest));
}

export function writeUnitFile(host: Host, name: string, content: Uint8Array): void {
  const path = unitPath(name);
  const now = host.files.status(path);
  if (now.type !== 'file' && now.type !== 'absent') {
    throw new GuiseError(
      'change_failed',
      `Cannot write the unit ${name}: ${path} is a ${now.type}, which may be an alias or a mask`,
    );
  }
  // Writing the same again would still make systemd think that it has to read the unit again.
  if (now.type === 'file' && host.files.readText(path) === new TextDecoder().decode(content)) return;
  const slash = name.indexOf('/');
  const directory = unitPath(name.slice(0, Math.max(slash, 0)));
  if (slash > 0 && host.files.status(directory).type === 'absent') host.files.makeDirectory(directory, '0755', 0, 0);
  host.files.write({ path, content, mode: now.mode ?? '0644', uid: now.uid, gid: now.gid });
}

export function removeUnitFile(host: Host, name: string): void {
  const path = unitPath(name);
  if (host.files.status(path).type === 'file') host.files.remove(path);
  const slash = name.indexOf('/');
  if (slash < 0) return;
  const directory = unitPath(name.slice(0, slash));
  if (host.files.status(directory).type === 'directory' && host.files.list(directory).length === 0)
    host.files.remove(directory);
}
