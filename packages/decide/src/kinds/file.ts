/**
 * Files, directories and symlinks, named by absolute path.
 *
 * A claim on `mode` alone leaves content and owner as they were. A claim that names no type makes a file where it brings
 * content and leaves the type alone otherwise, so a mode for a path where nothing is stays a claim about nothing.
 */
import type { Digest, FileState, Json, State } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { Claimed, KindRules } from './kind-rules.ts';

/** Of no bytes at all: the content of a file that nobody gives any. */
const emptyDigest = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' as Digest;

const absent: FileState = { type: 'absent', digest: null, target: null, mode: null, owner: null, group: null };
const ownership: ReadonlySet<string> = new Set(['mode', 'owner', 'group']);
const loginPaths =
  /^\/(etc\/(ssh|network|netplan|systemd\/network|NetworkManager|nftables\.conf|pam\.d)|root\/\.ssh)(\/|$)/;

export const file: KindRules = {
  kind: 'file',
  absent,
  complete: completeFile,
  carried: [],
  // A directory that is there only because a file needs it keeps the mode and owner of whoever makes it.
  same: (field, live, target) =>
    target[field] === null && ownership.has(field) && live['type'] === 'directory' && target['type'] === 'directory',
  reversibility: () => 'exact',
  rank: (_before, after) => (after['type'] === 'absent' ? ranks.removeFile : ranks.file),
  sortKey: (address, _before, after) => {
    const path = nameOf(address);
    if (after['type'] === 'absent') return deepestFirst(path);
    return `${after['type'] === 'directory' ? 0 : 1}${path}`;
  },
  cutsOff: ({ address }) => loginPaths.test(nameOf(address)),
};

/** A key by which children go before their parents. */
export function deepestFirst(path: string): string {
  return `${String(9999 - path.split('/').length)}${path}`;
}

function completeFile(claimed: Claimed, baseline: State): State {
  const type = claimed['type'] ?? baseline['type'] ?? 'absent';
  if (type === 'absent') return absent;
  const before = baseline['type'] === type ? baseline : absent;
  const pick = (field: string, fallback: Json): Json => claimed[field] ?? before[field] ?? fallback;
  return {
    type,
    digest: type === 'file' ? pick('digest', emptyDigest) : null,
    target: type === 'symlink' ? pick('target', null) : null,
    mode: type === 'symlink' ? null : pick('mode', type === 'directory' ? '0755' : '0644'),
    owner: pick('owner', 'root'),
    group: pick('group', 'root'),
  };
}
