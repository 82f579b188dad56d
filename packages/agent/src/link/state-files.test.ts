import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '@guise/model';
import { parseHostId } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Desired, desiredFile } from './desired-store.ts';
import { ensureIdentity, readIdentity } from './identity-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-link-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const desired: Desired = { generation: 3, digest: `sha256:${'0'.repeat(64)}` as Digest, layers: [] };

describe('the desired state on disk', () => {
  it('is read as it was written, and only its owner may', () => {
    const path = join(directory, 'desired.json');
    expect(desiredFile(path).read()).toBeNull();
    desiredFile(path).write({ ...desired, generation: 2 });
    desiredFile(path).write(desired);
    expect(desiredFile(path).read()).toEqual(desired);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{', '{"type":"desired"}', '{"type":"welcome","last_transaction":null}', '[]'])(
    'counts as none when it is %j',
    (text) => {
      const path = join(directory, 'desired.json');
      writeFileSync(path, text);
      expect(desiredFile(path).read()).toBeNull();
    },
  );

  it('says when it cannot be kept', () => {
    const store = desiredFile(join(directory, 'missing', 'desired.json'));
    expect(() => store.write(desired)).toThrow('Cannot keep the desired state');
  });
});

describe('the identity', () => {
  it('is made once, and anew for another host', () => {
    const path = join(directory, 'identity.json');
    expect(readIdentity(path)).toBeNull();
    const first = ensureIdentity(path, parseHostId('h1'), () => 'one');
    expect(ensureIdentity(path, parseHostId('h1'), () => 'two')).toEqual(first);
    expect(ensureIdentity(path, parseHostId('h2'), () => 'two')).toEqual({ hostId: 'h2', token: 'two' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is never replaced when it cannot be read', () => {
    const path = join(directory, 'identity.json');
    writeFileSync(path, 'garbage');
    expect(() => ensureIdentity(path, parseHostId('h1'), () => 'one')).toThrow('Cannot read this host');
    expect(readFileSync(path, 'utf8')).toBe('garbage');
  });
});
