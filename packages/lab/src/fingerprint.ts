/**
 * What a host is, read from its root while nothing runs from it: every file's path, type, mode, owner, content or target.
 *
 * Shape: a root → a digest for each part of it, and one over them. A path counts in one part, so a difference is told once.
 * Leaves out only what `leftOut` names; changes of times count nowhere. Names are bytes: nothing says that they are text.
 * Throws: `limit_exceeded` for a root with more than `limits.footprintEntries` entries. The system's own errors when something
 * changes the root meanwhile.
 */
import { createHash, hash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, open, readdir, readFile, readlink } from 'node:fs/promises';
import { type Digest, GuiseError, limits } from '@guise/model';
import { agentPaths } from './agent-state.ts';
import { inParallel } from './in-parallel.ts';

export interface RootFingerprint {
  readonly digest: Digest;
  readonly parts: { readonly [part: string]: Digest };
}

/** Part → the paths that are its, with all below. What is none of theirs is in `files`. */
const parts: Readonly<Record<string, readonly string[]>> = {
  packages: ['/var/lib/dpkg'],
  units: ['/etc/systemd', '/usr/lib/systemd', '/usr/local/lib/systemd'],
  users: ['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/gshadow', '/etc/subuid', '/etc/subgid'],
};
const otherFiles = 'files';

/** What lies below these is not looked at; the directories themselves are. */
const emptied: ReadonlySet<string> = new Set([
  // Every boot makes these anew.
  '/dev',
  '/proc',
  '/run',
  '/sys',
  '/tmp',
  // Whoever writes here must bear that it is gone at any time.
  '/var/cache',
  '/var/tmp',
  // What happened to a host is not what it is.
  '/var/log',
  // When timers last ran, which the clock decides.
  '/var/lib/systemd/timers',
]);

const leftOut: ReadonlySet<string> = new Set([
  ...agentPaths.map((path) => `/${path}`),
  // Replaced at every end of the system, so that no two boots have the same randomness.
  '/var/lib/systemd/random-seed',
  // By which systemd tells that it has seen the newest /usr.
  '/etc/.updated',
  '/var/.updated',
]);

interface Entry {
  /** From the host's own point of view; each byte is one character. */
  readonly path: string;
  readonly part: string;
}

export async function fingerprintOf(root: string): Promise<RootFingerprint> {
  const lines = new Map<string, string[]>([otherFiles, ...Object.keys(parts)].map((part) => [part, []]));
  await inParallel(await entriesOf(root), limits.fingerprintReads, async ({ path, part }) => {
    lines.get(part)!.push(await lineOf(root, path));
  });
  const digests = Object.fromEntries(
    [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([part, own]) => [part, digestOf(own.sort())]),
  );
  return { digest: digestOf(Object.entries(digests).map((pair) => pair.join(' '))), parts: digests };
}

async function entriesOf(root: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const directories: Entry[] = [{ path: '', part: otherFiles }];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for (const found of await list(root, directory.path)) {
      const path = `${directory.path}/${found.name.toString('latin1')}`;
      if (leftOut.has(path)) continue;
      const entry = { path, part: directory.part === otherFiles ? partOf(path) : directory.part };
      entries.push(entry);
      if (found.isDirectory() && !emptied.has(path)) directories.push(entry);
    }
    if (entries.length > limits.footprintEntries) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot read what ${root} is: it has more than ${limits.footprintEntries} files and directories`,
      );
    }
  }
  return entries;
}

async function list(root: string, path: string): Promise<readonly Dirent<Buffer>[]> {
  return await readdir(onMachine(root, path), { withFileTypes: true, encoding: 'buffer' });
}

function partOf(path: string): string {
  return Object.keys(parts).find((part) => parts[part]!.includes(path)) ?? otherFiles;
}

async function lineOf(root: string, path: string): Promise<string> {
  const place = onMachine(root, path);
  const { mode, uid, gid, rdev, size } = await lstat(place);
  // The type is in the mode.
  const kind = mode & 0o170000;
  const facts = [path, mode, uid, gid];
  if (kind === 0o100000) return JSON.stringify([...facts, await contentDigest(place, size)]);
  if (kind === 0o120000) return JSON.stringify([...facts, await readlink(place, 'latin1')]);
  return JSON.stringify([...facts, rdev]);
}

async function contentDigest(place: Buffer, sizeBytes: number): Promise<string> {
  if (sizeBytes <= limits.fingerprintWholeBytes) return hash('sha256', await readFile(place));
  await using file = await open(place);
  const content = createHash('sha256');
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: limits.fingerprintWholeBytes }))
    content.update(chunk as Buffer);
  return content.digest('hex');
}

function onMachine(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from(path, 'latin1')]);
}

function digestOf(lines: readonly string[]): Digest {
  return `sha256:${hash('sha256', lines.join('\n'))}` as Digest;
}
