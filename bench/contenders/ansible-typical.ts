/**
 * Ansible as people write it: ansible-core's own modules, one task per kind and a loop over its items, default settings.
 *
 * The sysctl module is not in ansible-core, so kernel parameters are a loop over `sysctl -w`.
 */
import { unitDirectory } from '../native-formats.ts';
import { fileRoot, otherOf, ownFiles, personas, type Role, unitText } from '../workload.ts';
import { ansible, createUsers, jinjaTemplate, type Task } from './ansible.ts';
import type { Contender } from './contender.ts';

const folder = '/srv/bench/ansible-typical';

export const ansibleTypical: Contender = ansible({
  name: 'Ansible (typical)',
  folder,
  packages: [],
  settings: 'nocows = true\n',
  gatherFacts: true,
  files: (role) => ({
    [`${folder}/${role}.j2`]: jinjaTemplate(role),
    ...Object.fromEntries(personas[role].services.map((service) => [`${folder}/${service.unit}`, unitText(service)])),
  }),
  tasks: (role) => [...leave(otherOf(role)), ...enter(role)],
  handlers: [
    { name: 'load ruleset', command: 'nft -f /etc/bench.nft' },
    { name: 'reload systemd', systemd: { daemon_reload: true } },
  ],
});

function leave(role: Role): readonly Task[] {
  const { services, users } = personas[role];
  const loop = services.map(({ unit }) => unit);
  return [
    {
      name: 'services that are here',
      command: `systemctl list-unit-files --no-legend bench-${role}*`,
      register: 'here',
      changed_when: false,
      failed_when: false,
    },
    {
      name: 'stop the other role',
      systemd: { name: '{{ item }}', state: 'stopped', enabled: false },
      loop,
      when: 'item in here.stdout',
    },
    {
      name: 'remove its units',
      file: { path: `${unitDirectory}/{{ item }}`, state: 'absent' },
      loop,
      notify: 'reload systemd',
    },
    {
      name: 'remove its files',
      file: { path: '{{ item }}', state: 'absent' },
      loop: [...ownFiles(role).map(({ path }) => path), `${fileRoot}/${role}`],
    },
    { name: 'remove its users', user: { name: '{{ item }}', state: 'absent' }, loop: users.map(({ name }) => name) },
  ];
}

function enter(role: Role): readonly Task[] {
  const { files, sysctls, users, services } = personas[role];
  const loop = services.map(({ unit }) => unit);
  return [
    {
      name: 'folders',
      file: { path: '{{ item }}', state: 'directory', mode: '0755' },
      loop: ['shared', role].map((name) => `${fileRoot}/${name}`),
    },
    {
      name: 'files',
      template: { src: `${folder}/${role}.j2`, dest: '{{ item.path }}', mode: '0644' },
      loop: files.map(({ path, number }) => ({ path, number })),
    },
    {
      name: 'kernel parameters',
      command: { argv: ['sysctl', '-w', '{{ item }}'] },
      loop: Object.entries(sysctls).map(([name, value]) => `${name}=${value}`),
      changed_when: false,
    },
    createUsers(users),
    {
      name: 'ruleset',
      copy: { src: `${folder}/${role}.nft`, dest: '/etc/bench.nft', mode: '0644' },
      notify: 'load ruleset',
    },
    {
      name: 'units',
      copy: { src: `${folder}/{{ item }}`, dest: `${unitDirectory}/{{ item }}`, mode: '0644' },
      loop,
      notify: 'reload systemd',
    },
    { meta: 'flush_handlers' },
    { name: 'services', systemd: { name: '{{ item }}', state: 'started', enabled: true }, loop },
  ];
}
