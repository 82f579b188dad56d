/** Nothing of a lab stays behind, also when what made it was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LabOptions, labNames, openLab, poolPaths, runCommand } from '@guise/lab';
import { beforeAll, describe, expect, it } from 'vitest';
import { bootTimeoutMs, directory, optionsFor, takeTurn } from './lab-turn.ts';
import { canBoot, skipWithoutLab } from './test-lab.ts';

takeTurn();

describe('down, after `up` was killed', () => {
  skipWithoutLab();
  const hosts = ['k1', 'k2', 'k3'];
  const name = 'test-killed';

  beforeAll(async () => {
    if (!canBoot) return;
    // The base image must be there, or every kill would hit its build.
    const lab = openLab(optionsFor(name));
    await lab.up([{ name: 'k1' }]);
    await lab.down();
  }, bootTimeoutMs);

  it('would see what is left', async () => {
    await openLab(optionsFor(name)).up([{ name: 'k1' }]);
    expect(await traces(directory, name)).not.toEqual([]);
    await openLab(optionsFor(name)).down();
  });

  it.each([0, 25, 50, 100, 150, 200, 300, 400, 500, 600, 800])(
    'at %i ms leaves nothing of the lab',
    async (killAfterMs) => {
      await killedUp(optionsFor(name), hosts, killAfterMs);
      await openLab(optionsFor(name)).down();
      expect(await traces(directory, name)).toEqual([]);
    },
    bootTimeoutMs,
  );

  it('two processes may bring the same hosts up at once', async () => {
    const [one, two] = [openLab(optionsFor(name)), openLab(optionsFor(name))];
    const specs = hosts.map((host) => ({ name: host }));
    const [first, second] = await Promise.all([one.up(specs), two.up(specs)]);
    expect(first.map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    expect(second.map(({ leaderPid }) => leaderPid)).toEqual(first.map(({ leaderPid }) => leaderPid));
    await one.down();
  });

  it(
    'up again goes on where the killed one ended',
    async () => {
      await killedUp(optionsFor(name), hosts, 300);
      const lab = openLab(optionsFor(name));
      const booted = await lab.up(hosts.map((host) => ({ name: host })));
      expect(booted.map(({ status }) => status)).toEqual(['running', 'running', 'running']);
      await lab.down();
      expect(await traces(directory, name)).toEqual([]);
    },
    bootTimeoutMs,
  );

  it.each([200, 3_000])(
    'at %i ms of building the base image leaves no mount, loop device or process of its directory',
    async (killAfterMs) => {
      const own = mkdtempSync(join(tmpdir(), 'guise-lab-'));
      // A busy machine may have begun nothing by then.
      await killedUp(optionsFor(name, own), hosts, killAfterMs, async () => (await sharedTraces(own)).length > 0);
      expect(await sharedTraces(own)).not.toEqual([]);
      await openLab(optionsFor(name, own)).down({ purge: true });
      expect([...(await traces(own, name)), ...(await sharedTraces(own))]).toEqual([]);
      rmSync(own, { recursive: true });
    },
    bootTimeoutMs,
  );
});

/** Starts `up` in a process of its own and kills that with SIGKILL some time after it has begun, but not before that is seen. */
async function killedUp(
  options: LabOptions,
  hosts: readonly string[],
  killAfterMs: number,
  isSeen = async () => true,
): Promise<void> {
  const source = import.meta.resolve('@guise/lab');
  const script = `
    const { openLab } = await import(${JSON.stringify(source)});
    const lab = openLab({ ...${JSON.stringify(options)}, report: () => undefined });
    console.log('begun');
    await lab.up(${JSON.stringify(hosts.map((host) => ({ name: host })))});
  `;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const child: ChildProcess = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout!, 'data');
  await delay(killAfterMs);
  while (!(await isSeen())) await delay(5);
  child.kill('SIGKILL');
  await ended;
}

/** Everything on this machine that belongs to one lab, in words. */
async function traces(where: string, lab: string): Promise<readonly string[]> {
  const { id } = labNames(where, lab);
  const links = await linesWith(['ip', '-oneline', 'link', 'show'], id);
  const tables = await linesWith(['nft', 'list', 'tables'], id);
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}guise-lab/${id}`);
  const locks = readdirSync('/run/systemd/nspawn/propagate').filter((entry) => entry.includes(id));
  const roots = globSync(join(where, '{labs,pool/labs}', lab));
  return [...links, ...tables, ...cgroups, ...locks, ...roots, ...processesWith(`g${id}-`)];
}

/** Everything on this machine that belongs to a directory of labs. */
async function sharedTraces(where: string): Promise<readonly string[]> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(where));
  const loops = await linesWith(['losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE'], where);
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}${poolPaths(where).buildCgroup}`);
  return [...mounts, ...loops, ...cgroups, ...processesWith(where)];
}

async function linesWith(argv: readonly string[], text: string): Promise<readonly string[]> {
  return (await runCommand(argv)).stdout.split('\n').filter((line) => line.includes(text));
}

function processesWith(text: string): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const command = readFileSync(file, 'utf8').replaceAll('\0', ' ');
      return command.includes(text) ? [command] : [];
    } catch {
      // It ended in the meantime.
      return [];
    }
  });
}
