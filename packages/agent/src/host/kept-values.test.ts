import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptValues } from './kept-values.ts';

const value = { claims: [{ at: 1 }], blobs: new Map([['a', new Uint8Array([1, 2])]]) };

describe('kept values', () => {
  let around = '';
  const directory = () => join(around, 'state', 'kept');
  const store = (options: { madeBy?: string; owner?: number } = {}) =>
    new KeptValues({ directory: directory(), madeBy: 'v1', ...options });
  const onlyFile = () => join(directory(), readdirSync(directory())[0]!);

  beforeEach(() => {
    around = mkdtempSync(join(tmpdir(), 'guise-kept-'));
  });
  afterEach(() => rmSync(around, { recursive: true }));

  it('are there in the next run, maps and bytes included', () => {
    store().put('a', value);
    expect(store().get('a')).toEqual(value);
    expect(store().get('b')).toBeUndefined();
  });

  it('are replaced by later ones', () => {
    store().put('a', 1);
    store().put('a', 2);
    expect(store().get('a')).toBe(2);
    expect(readdirSync(directory())).toHaveLength(1);
  });

  it('are of the code that made them', () => {
    store().put('a', value);
    expect(store({ madeBy: 'v2' }).get('a')).toBeUndefined();
  });

  it('are of their own key, whatever their file is called', () => {
    store().put('a', 'of a');
    const path = onlyFile();
    store().put('b', 'of b');
    const other = readdirSync(directory())
      .map((name) => join(directory(), name))
      .find((name) => name !== path)!;
    renameSync(path, other);
    expect(store().get('b')).toBeUndefined();
  });

  it.each([0, 16, 40])('are gone when byte %i is another', (at) => {
    store().put('a', value);
    const bytes = readFileSync(onlyFile());
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(onlyFile(), bytes);
    expect(store().get('a')).toBeUndefined();
  });

  it.each([0, 10, 40])('are gone when only %i bytes were written', (length) => {
    store().put('a', value);
    writeFileSync(onlyFile(), readFileSync(onlyFile()).subarray(0, length));
    expect(store().get('a')).toBeUndefined();
    store().put('a', value);
    expect(store().get('a')).toEqual(value);
  });

  it("are nobody else's", () => {
    store().put('a', value);
    expect(store({ owner: (process.geteuid?.() ?? 0) + 1 }).get('a')).toBeUndefined();
  });

  it.each([0o620, 0o602, 0o666])('are not read from a file that others may write, mode %o', (mode) => {
    store().put('a', value);
    chmodSync(onlyFile(), mode);
    expect(store().get('a')).toBeUndefined();
  });

  it('are not read through a link', () => {
    store().put('a', value);
    const path = onlyFile();
    renameSync(path, join(around, 'elsewhere'));
    symlinkSync(join(around, 'elsewhere'), path);
    expect(store().get('a')).toBeUndefined();
  });

  it('are for their owner alone', () => {
    store().put('a', value);
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(directory()).mode & 0o777).toBe(0o700);
  });

  it('are bounded in number and size', () => {
    for (let index = 0; index < limits.keptValues + 3; index += 1) store().put(`number ${index}`, index);
    expect(readdirSync(directory())).toHaveLength(limits.keptValues);
    expect(store().get(`number ${limits.keptValues + 2}`)).toBe(limits.keptValues + 2);
    store().put('large', new Uint8Array(limits.keptValueBytes + 1));
    expect(store().get('large')).toBeUndefined();
  });

  it('are as good as none where nothing can be written', () => {
    writeFileSync(join(around, 'state'), '');
    store().put('a', value);
    expect(store().get('a')).toBeUndefined();
  });
});
