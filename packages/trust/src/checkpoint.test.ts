import { createHash } from 'node:crypto';
import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { newSigningKey, signingKey } from './signing.ts';

const key = newSigningKey();
const checkpoint = { origin: 'guise.local/1d7f', size: 12_345, root: createHash('sha256').update('root').digest() };
const note = signCheckpoint(key, checkpoint);

describe('a checkpoint', () => {
  it('says what was signed', () => {
    expect(openCheckpoint(note, key.publicKey)).toEqual(checkpoint);
    expect(note.split('\n').slice(0, 4)).toEqual(['guise.local/1d7f', '12345', checkpoint.root.toString('base64'), '']);
    expect(note.length).toBeLessThan(limits.checkpointChars);
  });

  it('has the key id of the specification: the first bytes of SHA-256 over name, line feed, type and key', () => {
    const [, base64 = ''] = /— guise\.local\/1d7f (\S+)\n$/.exec(note) ?? [];
    const name = Buffer.from('guise.local/1d7f\n\u0001');
    const digest = createHash('sha256')
      .update(Buffer.concat([name, Buffer.from(key.publicKey, 'base64')]))
      .digest();
    expect(Buffer.from(base64, 'base64').subarray(0, 4)).toEqual(digest.subarray(0, 4));
  });

  it('is refused with any bit of it changed', () => {
    const bytes = Buffer.from(note);
    for (let place = 0; place < bytes.length; place++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1 << bit;
        expect(() => openCheckpoint(changed.toString(), key.publicKey)).toThrow(/Cannot (read|believe)/);
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['a line more', note.replace('\n\n', '\nextension\n\n')],
    ['two signatures', `${note}${note.split('\n').at(-2)}\n`],
    ['no end', note.slice(0, -1)],
    ['a zero before its size', note.replace('\n12345', '\n012345')],
    ['another name of its key', note.replace('— guise.local', '— guise.other')],
    ['more than a note may have', note.padStart(limits.checkpointChars * 2, 'x')],
  ])('with %s is none', (_, text) => {
    expect(() => openCheckpoint(text, key.publicKey)).toThrow('it is not a signed note');
  });

  it('by another key is not believed, nor by what is no key', () => {
    expect(() => openCheckpoint(note, newSigningKey().publicKey)).toThrow('it is not signed by the key');
    expect(() => openCheckpoint(note, 'no key')).toThrow('it is not signed by the key');
    expect(openCheckpoint(signCheckpoint(signingKey(key.privatePem), checkpoint), key.publicKey)).toEqual(checkpoint);
  });
});
