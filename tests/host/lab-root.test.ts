/** A lab host changes its root whole or not at all, whoever is killed meanwhile, and its agent stays who it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Lab, labNames, openLab, poolPaths, runCommand } from '@guise/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootTimeoutMs, directory, optionsFor } from './lab-turn.ts';
import { canBoot, openTestLab, skipWithoutLab } from './test-lab.ts';

const name = 'test-root';
const identityFile = 'var/lib/guise/identity.json';
const journalFile = 'var/lib/guise/guise.db';

describe('the root of a lab host', () => {
  skipWithoutLab();
  const lab = openTestLab(optionsFor(name));
  const names = labNames(directory, name);
  const read = (path: string) => readFileSync(join(lab.host('h1').root, path), 'utf8');
  const write = (path: string, content: string) => writeFileSync(join(lab.host('h1').root, path), content);

  beforeAll(async () => {
    if (!canBoot) return;
    await lab.down();
    await lab.up([{ name: 'h1' }]);
    mkdirSync(join(lab.host('h1').root, 'var/lib/guise'), { recursive: true });
    for (const [path, content] of [
      ['etc/motd', 'before'],
      [identityFile, '1'],
      [journalFile, 'before'],
    ] as const)
      write(path, content);
    await lab.snapshot('h1', 'before');
  }, bootTimeoutMs);
  afterAll(async () => {
    if (canBoot) await lab.down();
  });

  let identity = 1;
  beforeEach(async () => {
    if (!canBoot) return;
    await lab.up([{ name: 'h1' }]);
    identity += 1;
    for (const [path, content] of [
      ['etc/motd', 'after'],
      [identityFile, String(identity)],
      [journalFile, 'after'],
    ] as const)
      write(path, content);
  });

  /** Nothing beside the host and its snapshot. */
  const isTidy = () =>
    expect(readdirSync(names.roots).filter((entry) => !entry.endsWith('.lck'))).toEqual(['h1', 'h1@before']);
  const bootedFrom = async (host: Lab = lab) => (await host.run('h1', ['cat', '/etc/motd'])).stdout;

  it('goes back, and the agent does not', async () => {
    await lab.restore('h1', 'before');
    expect([await bootedFrom(), read(journalFile), read(identityFile)]).toEqual(['before', 'before', String(identity)]);
    isTidy();
  });

  it('becomes that of another release and stays the same host', async () => {
    const machineId = read('etc/machine-id');
    const { address, image } = await lab.deploy('h1', 'debian-13');
    expect([address, image]).toEqual([lab.host('h1').address, 'debian-13']);
    expect((await lab.run('h1', ['cat', '/etc/debian_version'])).stdout).toMatch(/^13/);
    expect((await lab.run('h1', ['systemctl', 'is-system-running'])).stdout.trim()).toBe('running');
    expect(read('etc/machine-id')).toBe(machineId);
    expect(read(identityFile)).toBe(String(identity));
    expect(existsSync(join(lab.host('h1').root, journalFile))).toBe(false);
    expect((await lab.run('h1', ['apt-get', 'update'])).status).toBe(0);
    await expect(lab.up([{ name: 'h1', image: 'debian-12' }])).rejects.toMatchObject({ code: 'host_exists' });
    expect((await lab.restore('h1', 'before')).image).toBe('debian-12');
    isTidy();
  });

  it('stays when there is no such snapshot', async () => {
    const { leaderPid } = lab.host('h1');
    await expect(lab.restore('h1', 'missing')).rejects.toMatchObject({ code: 'snapshot_not_found' });
    expect([lab.host('h1').leaderPid, read('etc/motd')]).toEqual([leaderPid, 'after']);
  });

  /** Image, release and /etc/motd. */
  const possible = {
    restore: [
      ['debian-12', '12', 'before'],
      ['debian-12', '12', 'after'],
    ],
    deploy: [
      ['debian-12', '12', 'after'],
      ['debian-13', '13', expect.stringContaining('Debian')],
    ],
  };

  it.each([
    ['restore', 'before'],
    ['deploy', 'debian-13'],
  ] as const)(
    'is one of the two, and boots, wherever %s was killed',
    async (method, argument) => {
      for (let killAfterMs = 0; killAfterMs <= 400; killAfterMs += 40) {
        await lab.up([{ name: 'h1' }]);
        write('etc/motd', 'after');
        identity += 1;
        write(identityFile, String(identity));
        await killed(`lab.${method}('h1', '${argument}')`, killAfterMs);
        await lab.up([{ name: 'h1' }]);
        isTidy();
        expect((await lab.run('h1', ['systemctl', 'is-system-running'])).stdout.trim()).toBe('running');
        expect(read(identityFile)).toBe(String(identity));
        const has = await bootedFrom();
        const release = (await lab.run('h1', ['cat', '/etc/debian_version'])).stdout.slice(0, 2);
        expect(possible[method]).toContainEqual([lab.host('h1').image, release, has]);
        await lab.restore('h1', 'before');
        expect([await bootedFrom(), read(identityFile)]).toEqual(['before', String(identity)]);
      }
    },
    bootTimeoutMs,
  );

  describe('found half exchanged', () => {
    const root = join(names.roots, 'h1');
    const stateFile = join(names.stateDirectory, 'state.json');
    /** As whoever was killed at this place leaves it. */
    const leave = async (isWhole: boolean, ...steps: readonly (() => void)[]) => {
      await lab.power('h1', 'off');
      await runCommand(['btrfs', 'subvolume', 'snapshot', join(names.roots, 'h1@before'), `${root}.next`]);
      writeFileSync(join(`${root}.next`, identityFile), String(identity));
      const state = JSON.parse(readFileSync(stateFile, 'utf8'));
      if (isWhole) state.hosts[0].next = 'debian-12';
      writeFileSync(stateFile, JSON.stringify(state));
      for (const step of steps) step();
    };
    const stepAside = () => renameSync(root, `${root}.former`);
    const takePlace = () => renameSync(`${root}.next`, root);

    it.each([
      ['before the next root was whole', false, [], 'after'],
      ['before the former stepped aside', true, [], 'before'],
      ['between the two', true, [stepAside], 'before'],
      ['before the record was written', true, [stepAside, takePlace], 'before'],
      ['before the former was removed', false, [stepAside, takePlace], 'before'],
    ] as const)('%s, it is whole once anything uses it', async (_, isWhole, steps, expected) => {
      await leave(isWhole, ...steps);
      await lab.power('h1', 'on');
      expect([await bootedFrom(), read(identityFile)]).toEqual([expected, String(identity)]);
      isTidy();
    });
  });

  it('refuses a snapshot of a host with subvolumes of its own, which it would not have', async () => {
    const inside = join(lab.host('h1').root, 'srv/own');
    await runCommand(['btrfs', 'subvolume', 'create', inside]);
    await expect(lab.snapshot('h1', 'partial')).rejects.toThrow('/srv/own there is a subvolume of its own');
    await runCommand(['btrfs', 'subvolume', 'delete', inside]);
    isTidy();
  });

  it('has so many snapshots and no more', async () => {
    for (let index = 1; index < 16; index += 1) await lab.snapshot('h1', `s${index}`);
    await expect(lab.snapshot('h1', 'one-more')).rejects.toMatchObject({ code: 'limit_exceeded' });
    await lab.snapshot('h1', 's1');
    for (let index = 1; index < 16; index += 1) await lab.discard('h1', `s${index}`);
    isTidy();
  });
});

/** Does it in a process of its own, which is killed some time after it has begun. */
async function killed(statement: string, killAfterMs: number): Promise<void> {
  const script = `
    const { openLab } = await import(${JSON.stringify(import.meta.resolve('@guise/lab'))});
    const lab = openLab({ ...${JSON.stringify(optionsFor(name))}, report: () => undefined });
    console.log('begun');
    await ${statement};
  `;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  await delay(killAfterMs);
  child.kill('SIGKILL');
  await ended;
}

describe('a lab whose storage is full', () => {
  skipWithoutLab();
  const poolBytes = 2 * 1024 ** 3;

  it(
    'refuses a snapshot and a deployment before it changes anything, and can still go back',
    async () => {
      const own = mkdtempSync(join(tmpdir(), 'guise-full-'));
      const { image } = poolPaths(own);
      writeFileSync(image, '');
      truncateSync(image, poolBytes);
      await runCommand(['mkfs.btrfs', '--quiet', '--metadata', 'single', image]);
      const lab = openLab(optionsFor(name, own));
      await lab.up([{ name: 'h1' }]);
      await lab.snapshot('h1', 'before');
      const { leaderPid, root } = lab.host('h1');
      mkdirSync(join(root, 'var/lib/guise'), { recursive: true });
      writeFileSync(join(root, identityFile), JSON.stringify('i'.repeat(10_000)));
      // Until not one block is left.
      expect((await runCommand(['dd', 'if=/dev/zero', 'bs=1M', `of=${join(root, 'large')}`])).status).toBe(1);
      await expect(lab.snapshot('h1', 'full')).rejects.toMatchObject({ code: 'limit_exceeded' });
      await expect(lab.deploy('h1', 'debian-12')).rejects.toMatchObject({ code: 'limit_exceeded' });
      expect(lab.host('h1').leaderPid).toBe(leaderPid);
      expect(lab.findSnapshot('h1', 'full')).toBeUndefined();
      await lab.restore('h1', 'before');
      expect(existsSync(join(root, 'large'))).toBe(false);
      expect(readFileSync(join(root, identityFile), 'utf8')).toHaveLength(10_002);
      await lab.down({ purge: true });
      rmSync(own, { recursive: true });
    },
    bootTimeoutMs,
  );
});
