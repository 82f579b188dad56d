import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FenceStore } from './fence-store.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-fence-'));
  path = join(directory, 'lease.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lost = expect.objectContaining({ code: 'lease_lost', kind: 'stale' });

it('takes what is as high or higher, and refuses what is smaller, also after a restart', () => {
  const fences = new FenceStore(path);
  expect(fences.highest).toBe(0);
  for (const fence of [0, 2, 2, 7]) fences.take(fence);
  expect(() => fences.take(6)).toThrow(lost);
  const next = new FenceStore(path);
  expect(next.highest).toBe(7);
  expect(() => next.take(6)).toThrow(lost);
  next.take(7);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('counts what it cannot keep as not taken', () => {
  const fences = new FenceStore(path);
  fences.take(3);
  // A folder in the place of the temporary file: not even root can write there.
  mkdirSync(join(`${path}.new`, 'in-the-way'), { recursive: true });
  expect(() => fences.take(4)).toThrow(expect.objectContaining({ code: 'journal_failed' }));
  expect(fences.highest).toBe(3);
});

it.each(['', '{', 'null', '{"fence":-1}', '{"fence":"2"}', '{"fence":1.5}'])('lets nobody in when it is %j', (text) => {
  writeFileSync(path, text);
  expect(() => new FenceStore(path)).toThrow(expect.objectContaining({ code: 'journal_corrupt' }));
});

it('lets nobody in when something that is no file is there', () => {
  mkdirSync(path);
  expect(() => new FenceStore(path)).toThrow(expect.objectContaining({ code: 'journal_corrupt' }));
});

it('has forgotten nothing that it said it took, whenever it is killed', async () => {
  let highest = 0;
  for (let killed = 1; killed <= 6; killed++) {
    const child = fork(join(import.meta.dirname, 'killed-fences.ts'), [path]);
    let told = highest;
    child.on('message', (fence) => {
      told = Number(fence);
      if (told >= highest + killed) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    const fences = new FenceStore(path);
    expect(fences.highest).toBeGreaterThanOrEqual(told);
    expect(() => fences.take(told - 1)).toThrow(lost);
    highest = fences.highest;
  }
});
