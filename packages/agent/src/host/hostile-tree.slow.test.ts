/** A real process of another user against the code that writes files as root, on the apply path and on the undo path. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Change, FileState } from '@guise/model';
import { GuiseError } from '@guise/model';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplyContext } from '../resources/adapter.ts';
import { fileAdapter } from '../resources/file/index.ts';
import type { Files } from './host.ts';
import { nobody } from './hostile-neighbour.ts';
import { localHost } from './local-host.ts';

const neighbour = join(import.meta.dirname, 'hostile-neighbour.ts');
/** Of each of six tricks, which makes the hundred thousand and some. */
const swapsEach = 20_000;
/** Each way to end must have been seen so often, or the swaps were not hit. */
const hitsEach = 20;
const attemptsMax = 400_000;

let base: string;
let managed: string;
let outside: string;
let files: Files;

beforeEach(({ skip }) => {
  skip(process.geteuid?.() !== 0, 'only root can be tricked into what others may not do');
  base = mkdtempSync(join(tmpdir(), 'guise-hostile-'));
  chmodSync(base, 0o755);
  managed = join(base, 'managed');
  outside = join(base, 'outside');
  mkdirSync(managed);
  chownSync(managed, nobody, nobody);
  mkdirSync(join(outside, 'way'), { recursive: true, mode: 0o755 });
  for (const name of ['thing', 'way/thing', 'own'])
    writeFileSync(join(outside, name), `secret ${name}`, { mode: 0o640 });
  symlinkSync('thing', join(outside, 'a-link'));
  // What protected_hardlinks lets him link is what he may write; that guise does not change it for him is the point.
  writeFileSync(join(outside, 'shared'), 'root:*:1::::::\n');
  chmodSync(join(outside, 'shared'), 0o666);
  files = localHost({ root: '/' }).files;
  return () => rmSync(base, { recursive: true, force: true });
});

describe('100,000 swaps by somebody who owns a directory', () => {
  it.each([
    ['linked directory', ['way/thing', 'way/below/thing', 'way/way']],
    ['linked file', ['thing']],
    ['linked directory itself', ['thing', 'thing/thing']],
    ['hard link', ['thing']],
    ['hard link of the temporary', ['thing']],
    ['fifo', ['thing']],
  ])('change nothing outside: %s', async (trick, names) => {
    if (trick === 'fifo') execFileSync('mkfifo', [join(managed, 'fifo')]);
    const before = fingerprint(outside);
    const attacker = await start(trick);
    const paths = names.map((name) => join(managed, name));
    const seen = await work(attacker, paths);
    const swaps = await attacker.end();
    console.log(`${trick}: ${swaps} swaps, ${seen.done} changes made, ${describeRefusals(seen.refused)}`);
    expect(fingerprint(outside)).toEqual(before);
    expect(swaps).toBeGreaterThanOrEqual(swapsEach);
    expect(seen.done).toBeGreaterThanOrEqual(hitsEach);
    expect(sum(seen.refused)).toBeGreaterThanOrEqual(hitsEach);
  });
});

describe('what somebody planted', () => {
  it('a FIFO and a device keep nobody waiting and are not changed', () => {
    execFileSync('mkfifo', [join(managed, 'fifo')]);
    execFileSync('mknod', [join(managed, 'device'), 'c', '1', '3']);
    for (const name of ['fifo', 'device']) {
      const path = join(managed, name);
      const before = fingerprint(path);
      expect(() => files.read(path)).toThrow('not a regular file');
      expect(() => write(path)).toThrow('device, socket or FIFO');
      expect(() => files.setOwnership(path, '0777', nobody, nobody)).toThrow('device, socket or FIFO');
      expect(() => files.makeSymlink(path, '/etc', 0, 0)).toThrow('device, socket or FIFO');
      expect(() => files.makeDirectory(path, '0755', 0, 0)).toThrow('not a directory');
      expect(() => files.remove(path)).toThrow('device, socket or FIFO');
      expect(() => files.read(`${path}/below`)).not.toThrow();
      expect(files.list(path)).toEqual([]);
      expect(fingerprint(path)).toEqual(before);
    }
    expect(() => files.poke(join(managed, 'fifo'), '1')).toThrow('Cannot set');
  });

  it('a hard link to what is not his is refused, and content, mode and owner stay', () => {
    linkSync(join(outside, 'thing'), join(managed, 'thing'));
    const before = fingerprint(join(outside, 'thing'));
    const path = join(managed, 'thing');
    expect(() => write(path)).toThrow('further hard links');
    expect(() => files.setOwnership(path, '0666', nobody, nobody)).toThrow('further hard links');
    expect(() => files.makeSymlink(path, '/etc', nobody, nobody)).toThrow('further hard links');
    expect(fingerprint(join(outside, 'thing'))).toEqual(before);
    files.remove(path);
    expect(readFileSync(join(outside, 'thing'), 'utf8')).toBe('secret thing');
  });

  it('a hard link to a symbolic link of root does not change hands', () => {
    linkSync(join(outside, 'a-link'), join(managed, 'thing'));
    expect(() => files.setOwnership(join(managed, 'thing'), '0777', nobody, nobody)).toThrow('another name');
    expect(lstatSync(join(outside, 'a-link')).uid).toBe(0);
  });

  it('odd names are refused as a path or are only names', () => {
    for (const odd of ['/..', '/../outside/thing', '/', '/.', '//thing', '/a\0b', `${'/a'.repeat(70)}`])
      expect(() => files.status(managed + odd), JSON.stringify(odd)).toThrow('Cannot use');
    expect(() => files.status(`${managed}/${'n'.repeat(300)}`)).toThrow('Cannot look at');
    for (const name of ['a\nb', 'a\\b', '\u001b[2J', '-rf', '\u2028', '\u{1f600}']) {
      write(`${managed}/${name}`);
      expect(readdirSync(managed)).toEqual([name]);
      expect(files.readText(`${managed}/${name}`)).toBe('from guise');
      files.remove(`${managed}/${name}`);
    }
    expect(readdirSync(managed)).toEqual([]);
  });

  it('a link with a slash at its end or several in a row leads nowhere', () => {
    for (const target of [
      `${outside}/`,
      `${outside}//way/`,
      '../outside/.',
      '../../../../../..',
      `/proc/self/root${outside}`,
    ]) {
      symlinkSync(target, join(managed, 'way'));
      for (const change of changesOf(join(managed, 'way', 'thing'))) expect(change, target).toThrow(GuiseError);
      rmSync(join(managed, 'way'));
    }
    expect(readdirSync(outside).sort()).toEqual(['a-link', 'own', 'shared', 'thing', 'way']);
  });

  it('keeps a managed directory from being removed, whatever its names are made of, and is told', async () => {
    mkdirSync(join(managed, 'way'));
    writeFileSync(Buffer.concat([Buffer.from(`${managed}/way/`), Buffer.from([0x61, 0xff, 0xfe])]), 'his');
    await expect(apply(join(managed, 'way'), absent, false)).rejects.toThrow('which guise did not put there');
    await apply(join(managed, 'way'), absent, true);
    expect(readdirSync(join(managed, 'way'), { encoding: 'buffer' })).toHaveLength(1);
  });
});

const absent: FileState = { type: 'absent', digest: null, target: null, mode: null, owner: null, group: null };
const plain: FileState = {
  ...absent,
  type: 'file',
  digest: 'sha256:x' as never,
  mode: '0666',
  owner: '65534',
  group: '65534',
};
const wider: FileState = { ...plain, mode: '0777' };
const directory: FileState = { ...absent, type: 'directory', mode: '0777', owner: '65534', group: '65534' };
const link: FileState = { ...absent, type: 'symlink', target: 'own', owner: '65534', group: '65534' };

interface Seen {
  done: number;
  readonly refused: Map<string, number>;
}

/** Makes changes as the engine does, and by every single call, until each way to end was seen often enough. */
async function work(attacker: Attacker, paths: readonly string[]): Promise<Seen> {
  const seen: Seen = { done: 0, refused: new Map() };
  const isEnough = () => attacker.isThrough() && seen.done >= hitsEach && sum(seen.refused) >= hitsEach;
  const states = [plain, wider, absent, link, absent, directory, absent];
  for (let attempt = 0; attempt < attemptsMax && !isEnough(); attempt += 1) {
    for (const path of paths) {
      const state = states[attempt % states.length]!;
      await tried(seen, () => apply(path, state, attempt % 2 === 1));
      for (const change of changesOf(path)) await tried(seen, async () => change());
    }
  }
  return seen;
}

function changesOf(path: string): readonly (() => void)[] {
  return [
    () => write(path),
    () => files.setOwnership(path, '0666', nobody, nobody),
    () => files.makeSymlink(path, '/etc', nobody, nobody),
    () => files.setOwnership(path, '0777', nobody, nobody),
    () => files.remove(path),
    () => files.makeDirectory(path, '0777', nobody, nobody),
    () => files.remove(path),
    () => void files.claim(path, 'claimed'),
    () => files.rename(path, `${path}-moved`),
    () => files.remove(`${path}-moved`),
    () => files.discardTemporary(path),
  ];
}

async function tried(seen: Seen, change: () => Promise<void>): Promise<void> {
  try {
    await change();
    seen.done += 1;
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    seen.refused.set(error.code, (seen.refused.get(error.code) ?? 0) + 1);
  }
  // Open directories are forgotten, so that each change walks its whole way.
  await turn();
}

async function apply(path: string, after: FileState, undoing: boolean): Promise<void> {
  const change = { address: `file:${path}`, before: absent, after } as unknown as Change;
  const context = {
    host: { files },
    blobs: { get: () => Buffer.from('from guise'), put: () => 'sha256:x' },
    undoing,
    point: () => undefined,
  } as unknown as ApplyContext;
  await fileAdapter.apply([change], context);
}

function write(path: string): void {
  files.write({ path, content: Buffer.from('from guise'), mode: '0666', uid: nobody, gid: nobody });
}

interface Attacker {
  /** Whether he has made all his swaps while changes were made; he goes on until he is told to end. */
  isThrough(): boolean;
  /** How many they were. */
  end(): Promise<number>;
}

async function start(trick: string): Promise<Attacker> {
  const argv = ['--disable-warning=ExperimentalWarning', neighbour, trick, managed, outside, String(swapsEach)];
  const child = spawn(process.execPath, argv);
  let said = '';
  let wrong = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    wrong += chunk.toString();
  });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  expect(said, wrong).toContain('ready');
  return {
    isThrough: () => said.includes('enough'),
    end: async () => {
      child.stdin.end();
      await closed;
      return Number(said.trim().split('\n').at(-1));
    },
  };
}

/** Of everything below a path: what it is, whose, which inode, what it says and when that changed. */
function fingerprint(path: string): readonly string[] {
  const { mode, uid, gid, ino, size, mtimeMs } = lstatSync(path);
  const isDirectory = lstatSync(path).isDirectory();
  const content = lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  const target = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : '';
  const own = JSON.stringify([path, mode.toString(8), uid, gid, ino, size, mtimeMs, content, target]);
  return [
    own,
    ...(isDirectory
      ? readdirSync(path)
          .sort()
          .flatMap((name) => fingerprint(join(path, name)))
      : []),
  ];
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function describeRefusals(refused: ReadonlyMap<string, number>): string {
  return `${sum(refused)} refused (${[...refused].map(([code, count]) => `${code} ${count}`).join(', ')})`;
}
