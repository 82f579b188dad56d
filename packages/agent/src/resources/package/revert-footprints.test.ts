import { describe, expect, it } from 'vitest';
import type { AlteredLine } from './footprint-store.ts';
import { revertText } from './revert-footprints.ts';

const line = (name: string, before: string | null, after: string | null): AlteredLine => ({
  path: '/etc/group',
  name,
  before,
  after,
});
const added = line('postgres', null, 'postgres:x:103:');
const changed = line('ssl-cert', 'ssl-cert:x:102:', 'ssl-cert:x:102:postgres');

describe('account files', () => {
  it('lose what a run added, and keep what others added since', () => {
    expect(revertText('root:x:0:\npostgres:x:103:\ndeploy:x:1000:\n', [added])).toBe('root:x:0:\ndeploy:x:1000:\n');
    expect(revertText('root:x:0:\npostgres:x:103:deploy\n', [added])).toBe('root:x:0:\n');
  });

  it('get a changed line back unless somebody changed it again', () => {
    expect(revertText('ssl-cert:x:102:postgres\n', [changed])).toBe('ssl-cert:x:102:\n');
    expect(revertText('ssl-cert:x:102:postgres,www\n', [changed])).toBe('ssl-cert:x:102:postgres,www\n');
  });

  it('get a lost line back', () => {
    expect(revertText('root:x:0:\n', [line('games', 'games:x:60:', null)])).toBe('root:x:0:\ngames:x:60:\n');
  });

  it('stay as they are when nothing is left to revert', () => {
    expect(revertText('root:x:0:', [added, changed])).toBe('root:x:0:');
  });
});
