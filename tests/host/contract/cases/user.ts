import type { ContractCase } from '@guise/agent';
import { absentState } from '@guise/decide';
import type { UserState } from '@guise/model';
import { put } from './text.ts';

const gone = absentState('user') as UserState;
const ordinary = (name: string, more: Partial<UserState> = {}): UserState => ({
  ...gone,
  present: true,
  group: name,
  home: `/home/${name}`,
  shell: '/bin/bash',
  comment: '',
  password: '!',
  home_present: true,
  ...more,
});

export const userCases: readonly ContractCase[] = [
  {
    name: 'new ones, ordinary and system, in groups of others',
    faultStride: 7,
    after: {
      'user:deploy': ordinary('deploy', { groups: ['adm', 'www-data'], password: '$y$j9T$abc$def' }),
      'user:alice': ordinary('alice', { group: 'users', uid: 4711, comment: 'Alice, of Sales' }),
      'user:shopd': ordinary('shopd', {
        home: '/nonexistent',
        home_present: false,
        shell: '/usr/sbin/nologin',
        system: true,
      }),
    },
  },
  {
    name: 'one that exists, with another shell, group and password',
    faultStride: 3,
    after: {
      'user:games': {
        ...ordinary('games'),
        uid: 5,
        group: 'users',
        groups: ['adm', 'audio'],
        home: '/usr/games',
        shell: '/bin/sh',
        comment: 'games',
        password: '*',
        home_present: false,
      },
    },
  },
  {
    name: 'neighbours that go and return to their place, with ageing and memberships',
    faultStride: 3,
    arrange: (host) => {
      put(
        host,
        '/etc/passwd',
        (host.files.readText('/etc/passwd') ?? '').replace(
          /^(news:.*)$/m,
          '$1\nann:x:1500:8:Ann,,,:/home/ann:/bin/zsh',
        ),
      );
      put(
        host,
        '/etc/shadow',
        (host.files.readText('/etc/shadow') ?? '').replace(/^(news:.*)$/m, '$1\nann:$6$x$y:19000:1:90:7:30:20000:'),
        '0640',
        0,
        42,
      );
      put(
        host,
        '/etc/group',
        (host.files.readText('/etc/group') ?? '').replace(/^audio:.*$/m, 'audio:x:29:zed,ann,bob'),
      );
    },
    after: { 'user:ann': gone, 'user:news': gone, 'user:uucp': gone },
  },
  {
    name: 'a home that was there before its user',
    faultStride: 7,
    arrange: (host) => {
      host.files.makeDirectory('/home/bob', '0711', 31_000, 31_000);
      put(host, '/home/bob/letters', 'kept', '0600', 31_000, 31_000);
    },
    after: { 'user:bob': ordinary('bob') },
  },
];
