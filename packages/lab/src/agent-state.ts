/**
 * What of the agent must not go back when its host does, nor be lost when its host gets another operating system.
 *
 * Carried from the root that was to the root that will be:
 * - `identity.json`: keys, certificate and its generation. The control plane takes a host that shows an older one for a copy, and locks it.
 * - `trust.json`: the pinned root, the highest version of each persona, used permissions, the checkpoint of the audit log. Going back
 *   would let a persona come again that its authors have withdrawn.
 * - `lease.json`: the highest fence that it has seen. Going back would let a former holder act again.
 * - `secrets.json`: sealed to the key in `identity.json`, so it goes with it; it remembers which versions were the newest, too.
 * - `audit-evidence.json`: what proves that a control plane lied, which must survive whoever wants to be rid of it.
 * - `/etc/guise/agent.json`: where it enrolled, and by which token, which an identity is remembered by.
 *
 * Everything else of the state directory tells of the root that it lies in, and goes back with it or starts empty: `guise.db` with
 * `journal.key`, footprints and archives of packages, `desired.json` (carried over, it would make the reverted host what it was
 * before), declarations, triggers, and `kept/`, which may be lost at any time.
 *
 * A file that is missing or no JSON in the root that was stays what it is in the root that will be: who was let use a host may have
 * destroyed anything, and what was there at the snapshot is then the best there is.
 * Expects that no process uses either root, and follows no link in them; see `root-files.ts`.
 * Throws: `lab_failed` when the root that will be has no place for a file.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GuiseError } from '@guise/model';
import { cloneDurably } from './durable-file.ts';
import { kindInside, readInside } from './root-files.ts';

const stateDirectory = 'var/lib/guise';

/** Relative to the root. */
const carriedPaths: readonly string[] = [
  ...['identity.json', 'trust.json', 'lease.json', 'secrets.json', 'audit-evidence.json'].map(
    (name) => `${stateDirectory}/${name}`,
  ),
  'etc/guise/agent.json',
];

/** What is of the agent in a root, and so is no part of what the host is. Relative to the root. */
export const agentPaths: readonly string[] = [stateDirectory, 'etc/guise/agent.json'];

/** Doing it again changes nothing; until it is whole, nothing must boot from the root that will be. */
export function carryOver(from: string, to: string): void {
  for (const path of carriedPaths) {
    if (!isWhole(from, path)) continue;
    makePlace(to, path);
    cloneDurably(join(from, path), join(to, path));
  }
}

function isWhole(root: string, path: string): boolean {
  try {
    JSON.parse(readInside(root, path) ?? '');
    return true;
  } catch {
    return false;
  }
}

function makePlace(root: string, path: string): void {
  const directory = dirname(path);
  if (kindInside(root, directory) === 'absent') mkdirSync(join(root, directory), { recursive: true, mode: 0o700 });
  // What is put in place of a link or a directory would follow the one and fail at the other.
  const isClear = ['absent', 'file'].includes(kindInside(root, path)) && kindInside(root, `${path}.new`) !== 'other';
  if (kindInside(root, directory) === 'directory' && isClear) return;
  throw new GuiseError('lab_failed', `Cannot carry /${path} over: in the root that the host is to have it is no file`);
}
