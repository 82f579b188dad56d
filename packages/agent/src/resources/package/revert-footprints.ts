/**
 * Takes away what the scripts of packages that have left had done, and leaves what others have done since.
 *
 * A path that the run created goes with everything in it, unless a package owns something there by now. A file that the run
 * changed gets its old content when it still has the one that the run gave it. Accounts that the run added go by name.
 */

import { withAccountLocks } from '../../host/account-locks.ts';
import { digestOf } from '../../host/digest.ts';
import type { Files, Host } from '../../host/host.ts';
import type { ApplyContext } from '../adapter.ts';
import { isAlive } from '../systemd/unit-status.ts';
import { type Installed, versionOf } from './dpkg-status.ts';
import { ownedPaths, sameEntry } from './footprint.ts';
import {
  type AlteredFile,
  type AlteredLine,
  type Footprint,
  type Owned,
  readFootprints,
  removeFootprint,
  writeFootprint,
} from './footprint-store.ts';
import type { Entry } from './manifest.ts';

export async function revertFootprints(installed: Installed, context: ApplyContext): Promise<void> {
  const isHere = (name: string): boolean => versionOf(installed.get(name)) !== null;
  for (const footprint of readFootprints(context)) {
    const isLeft = ({ owners }: Owned): boolean => (owners.length > 0 ? owners : footprint.packages).some(isHere);
    const isDue = (item: Owned): boolean => !isLeft(item);
    if (footprint.packages.every(isHere) && footprint.packages.length > 0) continue;
    context.point(`package: before reverting ${footprint.id}`);
    await revertLines(footprint.lines.filter(isDue), context);
    for (const file of footprint.altered.filter(isDue)) restore(file, context.host.files);
    await removeCreated(
      footprint.created.filter(isDue).map(({ path }) => path),
      context,
    );
    context.point(`package: after reverting ${footprint.id}`);
    const rest: Footprint = {
      ...footprint,
      packages: footprint.packages.filter(isHere),
      created: footprint.created.filter(isLeft),
      altered: footprint.altered.filter(isLeft),
      lines: footprint.lines.filter(isLeft),
    };
    if (rest.packages.length === 0) removeFootprint(footprint, context);
    else writeFootprint(rest, context);
  }
}

async function removeCreated(paths: readonly string[], { host }: ApplyContext): Promise<void> {
  const isOwned = ownedPaths(host.files);
  const there = paths.filter((path) => host.files.status(path).type !== 'absent' && !isOwned(path));
  if (there.length > 0) await host.run(['rm', '--recursive', '--force', '--one-file-system', '--', ...there]);
}

function restore({ path, before, content, after }: AlteredFile, files: Files): void {
  const now = entryOf(path, files);
  const isUntouched =
    now === null || after === null
      ? now === after
      : sameEntry(now, { ...after, content: now.content === null ? null : after.content });
  if (!isUntouched || (now !== null && sameEntry(now, before))) return;
  switch (before.type) {
    case 'file':
      if (content !== null)
        files.write({
          path,
          content: Buffer.from(content, 'base64'),
          mode: before.mode,
          uid: before.uid,
          gid: before.gid,
        });
      else if (now !== null) files.setOwnership(path, before.mode, before.uid, before.gid);
      return;
    case 'symlink':
      files.makeSymlink(path, before.content ?? '', before.uid, before.gid);
      return;
    case 'directory':
      files.makeDirectory(path, before.mode, before.uid, before.gid);
      return;
    case 'other':
    case 'absent':
      return;
  }
}

function entryOf(path: string, files: Files): Entry | null {
  const { type, mode, uid, gid, target } = files.status(path);
  if (type === 'absent') return null;
  const bytes = type === 'file' && path.startsWith('/etc/') ? files.read(path) : null;
  return { type, mode: mode ?? '0000', uid, gid, content: bytes === null ? target : digestOf(bytes) };
}

async function revertLines(lines: readonly AlteredLine[], { host, signal }: ApplyContext): Promise<void> {
  if (lines.length === 0) return;
  await endSessions(lines, host);
  await withAccountLocks(host.files, signal, () => {
    for (const path of new Set(lines.map((line) => line.path))) {
      const text = host.files.readText(path);
      if (text === null) continue;
      const { mode, uid, gid } = host.files.status(path);
      const reverted = revertText(
        text,
        lines.filter((line) => line.path === path),
      );
      if (reverted !== text)
        host.files.write({ path, content: new TextEncoder().encode(reverted), mode: mode ?? '0644', uid, gid });
    }
  });
}

/** Scripts that act as the account they made leave a session of it behind, which would live some seconds longer than the account. */
async function endSessions(lines: readonly AlteredLine[], host: Host): Promise<void> {
  const accounts = lines.filter(({ path, before }) => path === '/etc/passwd' && before === null);
  const units = accounts.map(({ after }) => `user@${after?.split(':')[2]}.service`);
  const reports = await host.systemd.report(units);
  const alive = [...reports].filter(([, report]) => isAlive(report)).map(([unit]) => unit);
  const stopping = alive.flatMap((unit) => [unit, unit.replace('user@', 'user-runtime-dir@')]);
  await host.systemd.run(stopping.map((unit) => ({ verb: 'stop', unit })));
}

/** An added line goes, whatever has become of it; a changed one gets its old text while it has the new one. */
export function revertText(text: string, lines: readonly AlteredLine[]): string {
  const byName = new Map(lines.map((line) => [line.name, line]));
  const kept = text.split('\n').flatMap((line) => {
    const altered = byName.get(line.slice(0, line.indexOf(':')));
    if (altered === undefined || line === '') return [line];
    if (altered.before === null) return [];
    return [line === altered.after ? altered.before : line];
  });
  const lost = lines.filter(
    ({ name, before, after }) => before !== null && after === null && !kept.some((line) => line.startsWith(`${name}:`)),
  );
  return [...kept.slice(0, -1), ...lost.map(({ before }) => before), ...kept.slice(-1)].join('\n');
}
