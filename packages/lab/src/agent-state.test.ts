import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { carryOver } from './agent-state.ts';

describe('carryOver', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'guise-carry-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const root = (name: string, files: Readonly<Record<string, string>>) => {
    const path = join(directory, name);
    mkdirSync(path, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    }
    return path;
  };
  const read = (path: string) => readFileSync(path, 'utf8');

  it('takes who the host is, and leaves what describes its root', () => {
    const from = root('from', {
      'var/lib/guise/identity.json': '{"generation": 2}',
      'var/lib/guise/lease.json': '{"fence": "7"}',
      'var/lib/guise/guise.db': 'new',
      'var/lib/guise/desired.json': '{"new": true}',
      'etc/guise/agent.json': '{"token": "b"}',
    });
    const to = root('to', {
      'var/lib/guise/identity.json': '{"generation": 1}',
      'var/lib/guise/guise.db': 'old',
      'var/lib/guise/desired.json': '{}',
    });
    carryOver(from, to);
    carryOver(from, to);
    expect(read(`${to}/var/lib/guise/identity.json`)).toBe('{"generation": 2}');
    expect(read(`${to}/var/lib/guise/lease.json`)).toBe('{"fence": "7"}');
    expect(read(`${to}/etc/guise/agent.json`)).toBe('{"token": "b"}');
    expect(read(`${to}/var/lib/guise/guise.db`)).toBe('old');
    expect(read(`${to}/var/lib/guise/desired.json`)).toBe('{}');
    expect(readdirSync(`${to}/var/lib/guise`)).toHaveLength(4);
  });

  it('fills a root that has no agent state yet', () => {
    const from = root('from', { 'var/lib/guise/trust.json': '{"root": 3}' });
    const to = root('to', {});
    carryOver(from, to);
    expect(read(`${to}/var/lib/guise/trust.json`)).toBe('{"root": 3}');
  });

  it.each(['', 'not JSON', '{"generation": '])('keeps what was at the snapshot when %j is left', (left) => {
    const from = root('from', { 'var/lib/guise/identity.json': left });
    const to = root('to', { 'var/lib/guise/identity.json': '{"generation": 1}' });
    carryOver(from, to);
    expect(read(`${to}/var/lib/guise/identity.json`)).toBe('{"generation": 1}');
  });

  it.each([
    ['the file', 'var/lib/guise/identity.json', 'secret.json'],
    ['its directory', 'var/lib/guise', '.'],
    ['a directory above', 'var', '.'],
  ])('reads nothing through a link in place of %s', (_, path, target) => {
    writeFileSync(join(directory, 'secret.json'), '{"of": "the machine"}');
    writeFileSync(join(directory, 'identity.json'), '{"of": "the machine"}');
    mkdirSync(join(directory, 'lib/guise'), { recursive: true });
    writeFileSync(join(directory, 'lib/guise/identity.json'), '{"of": "the machine"}');
    const from = root('from', {});
    mkdirSync(dirname(join(from, path)), { recursive: true });
    symlinkSync(join(directory, target), join(from, path));
    const to = root('to', {});
    carryOver(from, to);
    expect(readdirSync(to)).toEqual([]);
  });

  it.each([
    ['the directory', 'var/lib/guise'],
    ['the file', 'var/lib/guise/identity.json'],
  ])('writes nothing through a link in place of %s', (_, path) => {
    const from = root('from', { 'var/lib/guise/identity.json': '{}' });
    const to = root('to', {});
    mkdirSync(dirname(join(to, path)), { recursive: true });
    mkdirSync(join(directory, 'outside'));
    symlinkSync(join(directory, 'outside'), join(to, path));
    expect(() => carryOver(from, to)).toThrow('Cannot carry /var/lib/guise/identity.json over');
    expect(readdirSync(join(directory, 'outside'))).toEqual([]);
  });
});
