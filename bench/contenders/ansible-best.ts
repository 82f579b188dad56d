/**
 * Ansible at its best: pipelining, no facts, quiet output, trees brought by one rsync each and one task per kind, so that only users, for
 * which there is no such call, are a loop.
 */
import { below, tree, unitDirectory, unitNames } from '../native-formats.ts';
import { fileRoot, otherOf, personas, type Role } from '../workload.ts';
import { ansible, createUsers, type Task } from './ansible.ts';
import type { Contender } from './contender.ts';

const folder = '/srv/bench/ansible-best';

export const ansibleBest: Contender = ansible({
  name: 'Ansible (best)',
  folder,
  packages: ['rsync'],
  settings:
    'gathering = explicit\nstdout_callback = minimal\nforks = 20\npipelining = true\nfact_caching = memory\nnocows = true\n',
  gatherFacts: false,
  files: (role) => below(folder, role, tree(personas[role])),
  tasks: (role) => [...leave(otherOf(role)), ...enter(role)],
  handlers: [],
});

function leave(role: Role): readonly Task[] {
  const { services, users } = personas[role];
  const units = unitNames(personas[role]);
  return [
    {
      name: 'stop the other role',
      command: { argv: ['systemctl', 'disable', '--now', ...units], removes: `${unitDirectory}/${services[0]!.unit}` },
    },
    {
      name: 'remove its units and files',
      command: {
        argv: ['rm', '-rf', `${fileRoot}/${role}`, ...units.map((unit) => `${unitDirectory}/${unit}`)],
        removes: `${fileRoot}/${role}`,
      },
    },
    { name: 'remove its users', user: { name: '{{ item }}', state: 'absent' }, loop: users.map(({ name }) => name) },
  ];
}

function enter(role: Role): readonly Task[] {
  const { users } = personas[role];
  return [
    {
      name: 'files and units',
      command: { argv: ['rsync', '-rlpc', '--chmod=F644', '--itemize-changes', `${folder}/${role}/etc/`, '/etc/'] },
      register: 'copied',
      changed_when: 'copied.stdout',
    },
    {
      name: 'kernel parameters',
      command: { argv: ['sysctl', '-q', '-p', `${folder}/${role}.conf`] },
      changed_when: false,
    },
    createUsers(users),
    { name: 'ruleset', command: { argv: ['nft', '-f', `${folder}/${role}.nft`] }, changed_when: false },
    { name: 'reload systemd', systemd: { daemon_reload: true }, when: 'copied.stdout' },
    {
      name: 'services',
      command: { argv: ['systemctl', 'enable', '--now', ...unitNames(personas[role])] },
      when: 'copied.stdout',
    },
  ];
}
