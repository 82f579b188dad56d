import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absentState } from '@guise/decide';
import type { Address, State } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Files, localHost } from '../../host/index.ts';
import { resolveUsers } from './resolve.ts';

const gone = absentState('user');
const ann = {
  ...gone,
  present: true,
  uid: 1000,
  group: 'ann',
  home: '/home/ann',
  shell: '/bin/sh',
  comment: '',
  password: '!',
  home_present: true,
};
const address: Address = 'user:ann';
const none: ReadonlyMap<Address, State> = new Map();
const one = (state: State): ReadonlyMap<Address, State> => new Map([[address, state]]);

describe('what becomes of users', () => {
  let root: string;
  let files: Files;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-users-'));
    files = localHost({ root }).files;
    for (const path of ['etc/skel', 'home/ann']) mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, 'etc/passwd'), 'ann:x:1000:1000::/home/ann:/bin/sh\n');
    writeFileSync(join(root, 'etc/group'), 'ann:x:1000:\nusers:x:100:\n');
    for (const path of ['etc/skel/.profile', 'home/ann/.profile']) writeFileSync(join(root, path), 'umask 022\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is a number and a group of their name, unless they have them', () => {
    const fresh = resolveUsers(
      new Map([['user:bob', { ...ann, uid: null, group: 'bob', home: '/home/bob' }]]),
      none,
      none,
      files,
    );
    const uid = fresh.targets.get('user:bob')?.['uid'];
    expect(uid).toBeGreaterThan(1000);
    expect(fresh.implied.get('group:bob')).toEqual({ present: true, gid: uid, torn: false, record: null });
    const there = resolveUsers(one({ ...ann, uid: null }), none, one(ann), files);
    expect([there.targets.get(address)?.['uid'], there.implied.get('group:ann')]).toEqual([
      1000,
      { present: true, gid: 1000, torn: false, record: null },
    ]);
    expect(resolveUsers(one({ ...ann, group: 'users' }), none, one(ann), files).implied.size).toBe(0);
  });

  it('is that the home goes with them while it is as it was made, and stays otherwise', () => {
    expect(resolveUsers(none, one(gone), one(ann), files)).toMatchObject({ targets: one(gone), warnings: [] });
    writeFileSync(join(root, 'home/ann/letters'), '');
    const left = resolveUsers(none, one(gone), one(ann), files);
    expect([left.targets.get(address)?.['home_present'], left.warnings?.length]).toEqual([true, 1]);
  });

  it('is that a home which is an address of its own is left to that', () => {
    rmSync(join(root, 'home/ann/.profile'));
    writeFileSync(join(root, 'home/ann/letters'), '');
    const live: ReadonlyMap<Address, State> = new Map([...one(ann), ['file:/home/ann', { present: true }]]);
    const left = resolveUsers(none, one(gone), live, files);
    expect([left.targets.get(address)?.['home_present'], left.warnings]).toEqual([null, []]);
  });

  it('is that a home which a persona does not want goes only if the very same can be made again', () => {
    const home = join(root, 'home/ann');
    const own = { ...ann, uid: statSync(home).uid };
    const homeAfter = (state: State, now: State) =>
      resolveUsers(one(state), none, one(now), files).targets.get(address)?.['home_present'];
    const refusals: readonly State[] = [gone, { ...own, home_present: false }];
    chmodSync(home, 0o755);
    expect(refusals.map((state) => homeAfter(state, own))).toEqual([true, true]);
    chmodSync(home, 0o700);
    expect(refusals.map((state) => homeAfter(state, { ...own, uid: own.uid + 1 }))).toEqual([true, true]);
    expect(homeAfter(gone, own) ?? false).toBe(false);
    writeFileSync(join(home, 'letters'), '');
    expect(refusals.map((state) => homeAfter(state, own))).toEqual([true, true]);
    rmSync(join(home, 'letters'));
    rmSync(join(home, '.profile'));
    expect(homeAfter(gone, own)).toBe(true);
  });
});
