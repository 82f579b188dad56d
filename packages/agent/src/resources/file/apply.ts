/**
 * Making files what a plan says, from whatever they are.
 *
 * Removals go first and children before parents, then writes and parents before children, so a directory may become a file and the
 * other way round in one batch. What is right already is not touched, and a mode or owner changes without a new file.
 */
import type { Change, FileState } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import { type Accounts, digestOf, type FileStatus, type Files, readAccounts } from '../../host/index.ts';
import type { ApplyContext, Blobs } from '../adapter.ts';

interface Goal {
  readonly path: string;
  readonly after: FileState;
}

/** Of directories that a plan wants without saying how: those that come with a file below them. */
const defaultDirectory = { mode: '0755', owner: 'root', group: 'root' };

export function applyFiles(changes: readonly Change[], context: ApplyContext): void {
  const accounts = readAccounts(context.host.files);
  const goals = changes
    .map(({ address, after }): Goal => ({ path: nameOf(address), after: after as FileState }))
    .sort(byPath);
  for (const { path, after } of [...goals].reverse()) if (after.type === 'absent') removeFile(path, context);
  for (const goal of goals) if (goal.after.type !== 'absent') makeFile(goal, accounts, context);
}

function byPath(a: Goal, b: Goal): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

interface Making extends Goal {
  readonly now: FileStatus;
  readonly accounts: Accounts;
  readonly files: Files;
}

function makeFile(goal: Goal, accounts: Accounts, { host: { files }, blobs }: ApplyContext): void {
  const { path, after } = goal;
  const making: Making = { ...goal, now: files.status(path), accounts, files };
  switch (after.type) {
    case 'absent':
      break;
    case 'directory':
      makeDirectory(making);
      break;
    case 'symlink':
      makeSymlink(making);
      break;
    case 'file':
      makeRegularFile(making, contentOf(after, path, blobs));
      break;
  }
}

function makeRegularFile({ path, after, now, accounts, files }: Making, content: Uint8Array): void {
  const mode = after.mode ?? '0644';
  const uid = accounts.uidOf(after.owner ?? 'root');
  const gid = accounts.gidOf(after.group ?? 'root');
  if (now.type === 'directory') files.remove(path);
  if (!hasContent(path, content, now, files)) files.write({ path, content, mode, uid, gid });
  else if (now.mode !== mode || now.uid !== uid || now.gid !== gid) files.setOwnership(path, mode, uid, gid);
}

function makeSymlink({ path, after, now, accounts, files }: Making): void {
  const uid = accounts.uidOf(after.owner ?? 'root');
  const gid = accounts.gidOf(after.group ?? 'root');
  if (now.type === 'directory') files.remove(path);
  if (now.target !== after.target) files.makeSymlink(path, after.target ?? '', uid, gid);
  else if (now.uid !== uid || now.gid !== gid) files.setOwnership(path, '0777', uid, gid);
}

function makeDirectory({ path, after, now, accounts, files }: Making): void {
  const is = now.type === 'directory';
  const mode = after.mode ?? (is ? now.mode : null) ?? defaultDirectory.mode;
  const owner = after.owner ?? (is ? null : defaultDirectory.owner);
  const group = after.group ?? (is ? null : defaultDirectory.group);
  const uid = owner === null ? now.uid : accounts.uidOf(owner);
  const gid = group === null ? now.gid : accounts.gidOf(group);
  if (is && now.mode === mode && now.uid === uid && now.gid === gid) return;
  if (now.type === 'file' || now.type === 'symlink') files.remove(path);
  files.makeDirectory(path, mode, uid, gid);
}

function contentOf(after: FileState, path: string, blobs: Blobs): Uint8Array {
  if (after.digest === null)
    throw new GuiseError('change_failed', `Cannot write ${JSON.stringify(path)}: its plan names no content`);
  return blobs.get(after.digest);
}

/** The size is looked at first: most changes differ there, and that spares the read. */
function hasContent(path: string, content: Uint8Array, now: FileStatus, files: Files): boolean {
  if (now.type !== 'file' || now.sizeBytes !== content.byteLength) return false;
  const there = files.read(path);
  return there !== null && digestOf(there) === digestOf(content);
}

function removeFile(path: string, { host: { files }, undoing }: ApplyContext): void {
  if (files.status(path).type === 'directory') {
    const left = files.list(path);
    if (left.length > 0 && undoing) return;
    if (left.length > 0) {
      throw new GuiseError(
        'change_failed',
        `Cannot remove the directory ${JSON.stringify(path)}: it holds ${left.slice(0, 3).join(', ')}${left.length > 3 ? ', …' : ''}, which guise did not put there`,
      );
    }
  }
  files.remove(path);
}
