import type { Address, Kind, State } from '@guise/model';
import { kindOf, kinds, nameOf } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { authorizedKeyId } from './authorized-key.ts';
import { differingFields } from './difference.ts';
import { absentState, kindRules } from './index.ts';

const complete = (address: Address, claimed: State, baseline: State = {}) => {
  const { absent, complete: completeOf } = kindRules[kindOf(address)];
  return completeOf(claimed, { ...absent, ...baseline }, nameOf(address));
};

describe('a partial claim is completed', () => {
  it.each<[Address, State, State, State]>([
    [
      'file:/a',
      { type: 'file', digest: 'd' },
      {},
      { type: 'file', digest: 'd', target: null, mode: '0644', owner: 'root', group: 'root' },
    ],
    [
      'file:/a',
      { type: 'directory' },
      {},
      { type: 'directory', digest: null, target: null, mode: '0755', owner: 'root', group: 'root' },
    ],
    [
      'file:/a',
      { mode: '0600' },
      { type: 'file', digest: 'd', mode: '0644', owner: 'x', group: 'y' },
      { type: 'file', digest: 'd', target: null, mode: '0600', owner: 'x', group: 'y' },
    ],
    ['file:/a', { mode: '0600' }, {}, absentState('file')],
    ['file:/a', { type: 'absent', mode: '0600' }, { type: 'file', digest: 'd' }, absentState('file')],
    [
      'file:/a',
      { type: 'symlink', target: '/b', mode: '0600' },
      { type: 'directory', mode: '0700', owner: 'x', group: 'x' },
      { type: 'symlink', digest: null, target: '/b', mode: null, owner: 'root', group: 'root' },
    ],
    ['package:a', { version: null }, { version: '1' }, { version: null }],
    ['group:a', { present: true }, {}, { present: true, gid: null, torn: false, record: null, system: false }],
    ['group:a', { present: false }, { present: true, gid: 5 }, absentState('group')],
    [
      'route:default',
      { present: true, via: '10.0.0.1' },
      { present: true, via: '10.0.0.2', device: 'eth0', metric: 5 },
      { present: true, via: '10.0.0.1', device: null, metric: 5 },
    ],
    [
      'mount:/m',
      { mounted: true, device: 'd' },
      { missing_directories: 2 },
      { ...absentState('mount'), mounted: true, device: 'd' },
    ],
    ['mount:/m', { mounted: false }, { mounted: true, device: 'd', fstype: 'ext4' }, absentState('mount')],
    ['firewall:inet', {}, {}, { present: true, policy: 'accept', rules: [] }],
    ['service:a', { state: 'running' }, {}, { state: 'running', enabled: null, reload_on: [], restart_on: [] }],
    ['service:a', { enabled: 'enabled' }, {}, { state: null, enabled: 'enabled', reload_on: [], restart_on: [] }],
    ['service:a', { state: 'stopped' }, {}, { state: 'stopped', enabled: null, reload_on: [], restart_on: [] }],
    ['service:a', { reload_on: ['x:y'] }, {}, { state: null, enabled: null, reload_on: ['x:y'], restart_on: [] }],
    [
      'service:a',
      { reload_on: ['x:y'] },
      { state: 'running', enabled: 'static' },
      { state: 'running', enabled: 'static', reload_on: ['x:y'], restart_on: [] },
    ],
    ['database:postgresql/role/a', { present: true }, {}, { present: true, owner: null, schema: null, login: true }],
    [
      'database:postgresql/database/a',
      { present: true },
      {},
      { present: true, owner: 'postgres', schema: null, login: null },
    ],
  ])('%s %j', (address, claimed, baseline, expected) => {
    expect(complete(address, claimed, baseline)).toEqual(expected);
  });

  it('an ordinary user has a home and a shell, a system user neither', () => {
    expect(complete('user:a', { present: true })).toMatchObject({
      group: 'a',
      home: '/home/a',
      home_present: true,
      shell: '/bin/bash',
      password: '!',
    });
    expect(complete('user:a', { present: true, system: true })).toMatchObject({
      home: '/nonexistent',
      home_present: null,
      shell: '/usr/sbin/nologin',
    });
    expect(
      complete('user:a', { present: true, shell: '/bin/sh' }, { present: true, uid: 7, home: '/a', shell: '/x' }),
    ).toMatchObject({ uid: 7, home: '/a', shell: '/bin/sh' });
  });
});

describe('what differs', () => {
  const service = (state: string | null, enabled: string | null): State => ({
    state,
    enabled,
    reload_on: [],
    restart_on: [],
  });
  const mounted = (...options: string[]): State => ({
    ...absentState('mount'),
    mounted: true,
    fstype: 'ext4',
    options,
  });

  it.each<[Address, State, State, readonly string[]]>([
    ['package:a', { version: '7.88.1-10' }, { version: '7.88.*' }, []],
    ['package:a', { version: '1:7.88.1-10' }, { version: '7.88.*' }, []],
    ['package:a', { version: '7.89' }, { version: '7.88.*' }, ['version']],
    ['package:a', { version: null }, { version: '*' }, ['version']],
    ['package:a', { version: '1' }, { version: null }, ['version']],
    ['sysctl:a', { value: '4096\t16384  1' }, { value: '4096 16384 1' }, []],
    ['sysctl:a', { value: '1' }, { value: null }, []],
    ['service:a', service('running', 'static'), service('running', 'enabled'), []],
    ['service:a', service('running', 'disabled'), service('running', 'enabled'), ['enabled']],
    ['service:a', service('stopped', 'disabled'), service('stopped', 'absent'), []],
    ['service:a', service('stopped', 'absent'), service('stopped', 'disabled'), []],
    ['service:a', service('stopped', 'enabled'), service('stopped', 'absent'), ['enabled']],
    ['service:a', service('running', 'enabled'), service(null, null), []],
    ['service:a', { ...service('running', 'enabled'), reload_on: ['x'] }, service('running', 'enabled'), []],
    ['mount:/m', mounted('relatime', 'rw', 'size=65536k'), mounted('defaults', 'nofail', 'size=64m'), []],
    ['mount:/m', mounted('noexec', 'rw'), mounted('rw'), ['options']],
    ['mount:/m', mounted('rw'), mounted('noexec'), ['options']],
    [
      'group:a',
      { present: true, gid: 5, torn: false, record: { group: { text: 'a:x:5:', after: null, index: 0 } } },
      { present: true, gid: null, torn: false, record: null },
      [],
    ],
    ['group:a', { present: true, gid: 5, torn: false, record: null }, absentState('group'), ['gid', 'present']],
    [
      'file:/a',
      { type: 'directory', digest: null, target: null, mode: '0700', owner: 'a', group: 'a' },
      { type: 'directory', digest: null, target: null, mode: null, owner: null, group: null },
      [],
    ],
    [
      'route:default',
      { present: true, via: 'a', device: 'eth0', metric: null },
      { present: true, via: 'a', device: null, metric: null },
      [],
    ],
    [
      'route:default',
      { present: true, via: 'a', device: 'eth0', metric: null },
      { present: true, via: null, device: 'eth0', metric: null },
      ['via'],
    ],
    ['command:a', { done: true, check: [], do: [], undo: null }, absentState('command'), []],
    ['command:a', { done: true, check: [], do: [], undo: ['x'] }, absentState('command'), ['done']],
  ])('%s %j, wanted %j', (address, live, target, fields) => {
    expect(differingFields(address, live, target)).toEqual(fields);
  });

  it.each(kinds.map((kind): [Kind] => [kind]))('nothing, between an absent %s and its absence', (kind) => {
    expect(kindRules[kind].kind).toBe(kind);
    expect(differingFields(`${kind}:x`, absentState(kind), absentState(kind))).toEqual([]);
  });
});

describe('the id of an authorized key', () => {
  const id = authorizedKeyId('ssh-ed25519 AAAAC3 me@home');

  it.each([
    ['ssh-ed25519 AAAAC3'],
    ['  ssh-ed25519   AAAAC3 another comment '],
    ['no-pty,command="echo \\"ssh-rsa AAAA\\" x" ssh-ed25519 AAAAC3'],
    ['restrict ssh-ed25519 AAAAC3 x'],
  ])('is of the key alone: %s', (line) => {
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(authorizedKeyId(line)).toBe(id);
  });

  it.each([['# ssh-ed25519 AAAAC3'], ['ssh-ed25519'], ['hello'], ['']])('is not found in %j', (line) => {
    expect(authorizedKeyId(line)).toBeNull();
  });
});
