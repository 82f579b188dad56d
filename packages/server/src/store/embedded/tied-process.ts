/**
 * How PostgreSQL's programs are started: as an account that is not root, and tied to this process.
 *
 * The kernel interrupts such a program (a fast shutdown, for PostgreSQL) when this process dies, even by `kill -9`.
 * When the way to a path it needs leads through a directory that is closed to others, as a root user's often is, it may pass: it
 * keeps CAP_DAC_READ_SEARCH and nothing else, if this process has that to give.
 * Source: setpriv(1), prctl(2) PR_SET_PDEATHSIG, capabilities(7).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Account } from './postgres-account.ts';

/** Bit of CAP_DAC_READ_SEARCH in `/proc/self/status`. */
const readSearchBit = 2n;
const wordsKept = 2_000;

export type SpawnTied = (argv: readonly string[]) => ChildProcess;

/** `paths` are what the programs must reach. */
export async function tiedSpawner(account: Account | null, paths: readonly string[]): Promise<SpawnTied> {
  const [program = '', ...prefix] = await tie(account, paths);
  return (argv) =>
    spawn(program, [...prefix, ...argv], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    });
}

/** The end of what a program says to standard error, for a message. */
export function lastWords(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-wordsKept);
  });
  return () => text.trim();
}

async function tie(account: Account | null, paths: readonly string[]): Promise<readonly string[]> {
  const tied = ['setpriv', '--pdeathsig', 'INT', '--no-new-privs'];
  if (account === null) return [...tied, '--'];
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const mustPass = (await Promise.all(paths.map(isOpenToAll))).includes(false);
  const passage = mustPass && (await mayGivePassage());
  const capabilities = passage
    ? [
        '--inh-caps=+dac_read_search',
        '--ambient-caps=+dac_read_search',
        '--bounding-set=-all,+dac_read_search',
        '--securebits=+no_setuid_fixup',
      ]
    : ['--inh-caps=-all', '--bounding-set=-all'];
  return [...tied, ...identity, ...capabilities, '--'];
}

/** Whether anybody may pass through every directory above. */
async function isOpenToAll(path: string): Promise<boolean> {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if (((await stat(directory)).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

async function mayGivePassage(): Promise<boolean> {
  const [, bits = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${bits}`) >> readSearchBit) & 1n) === 1n;
}
