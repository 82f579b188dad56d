import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuiseError } from '@guise/model';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { publicKeyLine, readKeyFile, readSigningKey, writeNewKey } from './key-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'guise-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const refusedAs = (code: string) => expect.objectContaining({ code });
const { key } = writeNewKey(folder, 'alice');
const privateFile = join(folder, 'alice.key');
const publicFile = join(folder, 'alice.pub');

/** The key, or the code of the refusal; anything else is a crash. */
function outcomeOf(bytes: Uint8Array): string {
  const path = join(folder, 'odd.key');
  writeFileSync(path, bytes, { mode: 0o600 });
  try {
    return readKeyFile(path).keyId;
  } catch (error) {
    if (error instanceof GuiseError) return error.code;
    throw error;
  }
}

describe('a new key', () => {
  it('is two files, the private one for its owner alone', () => {
    expect(statSync(privateFile).mode & 0o777).toBe(0o600);
    expect(readSigningKey(privateFile)).toMatchObject({ name: 'alice', keyId: key.keyId });
    expect(readKeyFile(publicFile)).toMatchObject({ name: 'alice', publicKey: key.publicKey, signing: null });
    expect(readFileSync(publicFile, 'utf8')).toBe(`${publicKeyLine(key)}\n`);
    expect(readFileSync(publicFile, 'utf8')).not.toContain('PRIVATE');
  });

  it('is never written over another, and leaves nothing when it is refused', () => {
    const before = readFileSync(privateFile, 'utf8');
    const names = readdirSync(folder);
    expect(() => writeNewKey(folder, 'alice')).toThrow(refusedAs('argument_invalid'));
    expect(readFileSync(privateFile, 'utf8')).toBe(before);
    expect(() => writeNewKey(folder, '../alice')).toThrow(refusedAs('key_invalid'));
    expect(() => writeNewKey(join(publicFile, 'nowhere'), 'bob')).toThrow(/a part of its path is no folder/);
    expect(() => writeNewKey(publicFile, 'bob')).toThrow(refusedAs('argument_invalid'));
    expect(readdirSync(folder)).toEqual(names);
  });

  it('makes its folder, for its owner alone', () => {
    const made = join(folder, 'team', 'keys');
    writeNewKey(made, 'bob');
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(readdirSync(made)).toEqual(['bob.key', 'bob.pub']);
  });
});

describe('a key file', () => {
  it('is refused when it is private and others may read it', () => {
    const path = join(folder, 'open.key');
    writeFileSync(path, readFileSync(privateFile));
    for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666]) {
      chmodSync(path, mode);
      expect(() => readSigningKey(path)).toThrow(refusedAs('path_unsafe'));
    }
    chmodSync(path, 0o400);
    expect(readSigningKey(path).name).toBe('open');
  });

  it('cannot sign when it is public', () => {
    expect(() => readSigningKey(publicFile)).toThrow(refusedAs('key_invalid'));
  });

  it('is refused when it is a folder, a device, too large or not there', () => {
    for (const path of [folder, '/dev/zero', join(folder, 'nowhere')]) {
      expect(() => readKeyFile(path)).toThrow(refusedAs('argument_invalid'));
    }
    expect(outcomeOf(Buffer.alloc(100_000, 'a'))).toBe('argument_invalid');
  });

  it('is refused with any byte of its id or key changed', () => {
    const line = readFileSync(publicFile);
    const nameStart = line.lastIndexOf(' ');
    for (let index = 0; index < nameStart; index += 1) {
      const changed = Buffer.from(line);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(outcomeOf(changed)).toBe('key_invalid');
    }
  });

  it('of arbitrary bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcomeOf(bytes)).toBe('key_invalid');
      }),
    );
    const text = fc.string({ unit: fc.constantFrom(...'-BEGIN PRVATKYD\nabc=+/01'.split('')), maxLength: 200 });
    fc.assert(
      fc.property(text, (body) => {
        const pem = Buffer.from(`-----BEGIN PRIVATE KEY-----\n${body}`);
        expect(outcomeOf(pem)).toBe('key_invalid');
      }),
    );
  });
});
