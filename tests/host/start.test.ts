/**
 * `npm start` as people run it: the guided run shows what it should, and however it ends, nothing of it is left on the machine.
 *
 * A run that was killed cannot remove anything itself; then `guise down` does, or the next start.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { labDirectory, openLab } from '@guise/lab';
import { afterAll, describe, expect, it } from 'vitest';
import { canBoot, skipWithoutLab } from './test-lab.ts';

const repository = resolve(import.meta.dirname, '../..');
const guise = join(repository, 'guise');
const trialDirectory = '/var/lib/guise-trial';

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** Resolves when it has said this; rejects when it ends without. */
  readonly saying: (text: string) => Promise<void>;
  /** Exit status or signal, once it has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function start(...args: readonly string[]): Run {
  const child = spawn(guise, ['start', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const saying = async (wanted: string) => {
    while (!text.includes(wanted)) {
      const event = await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), ended]);
      if (!Array.isArray(event)) throw new Error(`It ended (${event}) before it said ${wanted}: ${text}`);
    }
  };
  return { child, said: () => text, saying, ended };
}

/** What there is of a trial on this machine, in words; other labs may be up and are not meant. */
function leftovers(outerAddress: string): readonly string[] {
  const lab = openLab({ name: 'trial', directory: labDirectory(process.env), repository, report: () => undefined });
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return [
    ...lab.list().map(({ name }) => `host ${name}`),
    ...(existsSync(trialDirectory) ? [trialDirectory] : []),
    ...readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => /\/trial\b/.test(line)),
    ...addresses.filter(({ address }) => address === outerAddress).map(({ address }) => `address ${address}`),
    ...commandLines().filter((line) => /\btrial(\/|\s|$)/.test(line)),
  ];
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

/** The numbers of the users whose processes name this in their command line. */
function usersOf(words: string): readonly number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const users = pids.flatMap((pid) => {
    try {
      const named = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words);
      return named ? [Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])] : [];
    } catch {
      return [];
    }
  });
  if (users.length === 0) throw new Error(`No process names ${words}`);
  return users;
}

const outerAddressOf = (said: string) => `${/h1 \((\d+\.\d+\.\d+)\.\d+\)/.exec(said)?.[1]}.1`;

describe('guise start', () => {
  skipWithoutLab();
  afterAll(() => {
    if (canBoot) execFileSync(guise, ['down'], { stdio: 'ignore' });
  }, 120_000);

  it('--check shows everything and leaves nothing', async () => {
    const { ended, said } = start('--check');
    expect([await ended, said()]).toEqual([0, expect.stringContaining('All 5 steps showed what they should.')]);
    expect(said()).toContain('Served by guise on h1.');
    expect(leftovers(outerAddressOf(said()))).toEqual([]);
  });

  it('is ended by Ctrl-C in the middle of a switch, and leaves nothing', async () => {
    const { child, ended, said, saying } = start();
    await saying('waiting for h1');
    const outerAddress = outerAddressOf(said());
    expect(usersOf('/guise-trial/server')).not.toContain(0);
    expect(leftovers(outerAddress)).toEqual(expect.arrayContaining(['host h1', `address ${outerAddress}`]));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(leftovers(outerAddress)).toEqual([]);
  });

  it('that was killed leaves its hosts, and guise down takes them away', async () => {
    const { child, ended, said, saying } = start();
    await saying('waiting for h1');
    const outerAddress = outerAddressOf(said());
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(leftovers(outerAddress)).toContain('host h1');
    execFileSync(guise, ['down'], { stdio: 'ignore' });
    expect(leftovers(outerAddress)).toEqual([]);
  });
});
