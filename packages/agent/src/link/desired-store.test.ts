import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Desired, desiredFile } from './desired-store.ts';

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
