import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFaultPlan } from './faults.ts';

/** One write: points before, half of and after it. */
const program = `
  const { faultsFromEnvironment } = await import(${JSON.stringify(new URL('faults.ts', import.meta.url).href)});
  const { localHost } = await import(${JSON.stringify(new URL('local-host.ts', import.meta.url).href)});
  const faults = faultsFromEnvironment(process.env);
  const host = faults.wrap(localHost({ root: process.env.ROOT, points: faults.points }));
  const [uid, gid] = [process.geteuid(), process.getegid()];
  try {
    host.files.write({ path: '/a', content: Buffer.from('a'), mode: '0644', uid, gid });
  } catch (error) {
    console.log(error.code, error.message);
  }`;

describe('faults', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-faults-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const run = (fault: string) => {
    const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      env: { ROOT: root, GUISE_FAULT: fault, GUISE_FAULT_FILE: join(root, 'count') },
    });
    return {
      signal,
      stdout,
      left: readdirSync(root)
        .filter((name) => name !== 'count')
        .sort(),
    };
  };

  it('are counted', () => {
    expect(run('count')).toEqual({ signal: null, stdout: '', left: ['a'] });
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('3\n');
  });

  it('kill before, in the middle of and after a write', () => {
    expect(run('kill@1')).toMatchObject({ signal: 'SIGKILL', left: [] });
    expect(run('kill@2')).toMatchObject({ signal: 'SIGKILL', left: ['.guise-ca978112ca1bbdca.tmp'] });
    expect(run('kill@3')).toMatchObject({ signal: 'SIGKILL', left: ['a'] });
  });

  it('fail as a disk does, and then nothing is left', () => {
    expect(run('enospc@2')).toMatchObject({
      signal: null,
      left: [],
      stdout: expect.stringContaining('no space is left on the disk (ENOSPC)'),
    });
    expect(run('eio@1')).toMatchObject({ signal: null, left: [], stdout: expect.stringContaining('EIO') });
  });

  it('are refused when misspelt', () => {
    for (const text of ['kill', 'kill@0', 'die@1', 'kill@1x']) expect(() => parseFaultPlan(text)).toThrow('Cannot use');
  });
});
