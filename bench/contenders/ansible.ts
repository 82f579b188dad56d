/** What both ways of using Ansible share: a playbook for each role that runs on the host itself. */

import { rulesetText, sysctlText } from '../native-formats.ts';
import { fileText, nologin, personas, type Role, roles } from '../workload.ts';
import type { Contender, Files } from './contender.ts';

/** A value of YAML; JSON is YAML too, and playbooks here are written by a program. */
type Yaml = null | boolean | number | string | readonly Yaml[] | { readonly [key: string]: Yaml };
export type Task = { readonly [key: string]: Yaml };

export interface AnsibleInput {
  readonly name: string;
  readonly folder: string;
  readonly packages: readonly string[];
  readonly settings: string;
  readonly gatherFacts: boolean;
  readonly files: (role: Role) => Files;
  readonly tasks: (role: Role) => readonly Task[];
  readonly handlers: readonly Task[];
}

export function ansible({
  name,
  folder,
  packages,
  settings,
  gatherFacts,
  files,
  tasks,
  handlers,
}: AnsibleInput): Contender {
  const playbook = (role: Role) => [
    {
      hosts: 'localhost',
      connection: 'local',
      gather_facts: gatherFacts,
      vars: personas[role].parameters,
      tasks: tasks(role),
      handlers,
    },
  ];
  const filesOf = (role: Role): Files => ({
    ...files(role),
    [`${folder}/${role}.yml`]: `${JSON.stringify(playbook(role), null, 2)}\n`,
    [`${folder}/${role}.conf`]: sysctlText(personas[role]),
    [`${folder}/${role}.nft`]: rulesetText(personas[role]),
  });
  return {
    name,
    packages: ['ansible-core', ...packages],
    files: {
      ...(Object.assign({}, ...roles.map(filesOf)) as Files),
      [`${folder}/ansible.cfg`]: `[defaults]\n${settings}`,
    },
    start: [],
    apply: (role) => [
      'run',
      'env',
      `ANSIBLE_CONFIG=${folder}/ansible.cfg`,
      'ansible-playbook',
      `${folder}/${role}.yml`,
    ],
  };
}

export function createUsers(users: (typeof personas)[Role]['users']): Task {
  return {
    name: 'users',
    user: {
      name: '{{ item.name }}',
      uid: '{{ item.uid }}',
      comment: '{{ item.comment }}',
      shell: nologin,
      create_home: false,
    },
    loop: users.map(({ name, uid, comment }) => ({ name, uid, comment })),
  };
}

/** A Jinja template of the role's files; the number is each item's own. */
export function jinjaTemplate(role: Role): string {
  return fileText(role, (name) => (name === 'number' ? '{{ item.number }}' : `{{ ${name} }}`));
}
