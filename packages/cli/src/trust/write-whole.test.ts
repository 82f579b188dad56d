import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeWhole } from './write-whole.ts';

const folder = mkdtempSync(join(tmpdir(), 'guise-whole-'));
afterAll(() => rmSync(folder, { recursive: true }));

const replace = { permissions: 0o644, mode: 'replace' } as const;

describe('writeWhole', () => {
  it('replaces a file, or refuses to', () => {
    const path = join(folder, 'a');
    writeWhole(path, 'one', { permissions: 0o600, mode: 'new' });
    expect(() => writeWhole(path, 'two', { permissions: 0o600, mode: 'new' })).toThrow(/there already/);
    expect(readFileSync(path, 'utf8')).toBe('one');
    writeWhole(path, 'two', replace);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('leaves the old file or the new one, whole, when it is killed', async () => {
    const path = join(folder, 'killed');
    writeWhole(path, textOf(0), replace);
    for (let kill = 0; kill < 8; kill += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', endlessWriter(path)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      // Somewhere in the middle of a write: each kill a little later than the one before.
      await new Promise((resolve) => setTimeout(resolve, kill));
      child.kill('SIGKILL');
      await ended;
      const text = readFileSync(path, 'utf8');
      expect(text).toBe(textOf(Number(text[0])));
    }
  });
});

/** Long enough that writing takes a while. */
function textOf(digit: number): string {
  return String(digit).repeat(1_000_000);
}

function endlessWriter(path: string): string {
  const module = join(import.meta.dirname, 'write-whole.ts');
  return `
    const { writeWhole } = await import(${JSON.stringify(module)});
    for (let turn = 0; ; turn += 1) {
      writeWhole(${JSON.stringify(path)}, String(turn % 10).repeat(1_000_000), ${JSON.stringify(replace)});
      if (turn === 1) process.stdout.write('writing');
    }`;
}
