/** guise's resident agent, asked through its socket. Its library holds both personas, as any host's does. */

import { roles } from '../workload.ts';
import type { Contender } from './contender.ts';
import { personaId, personaYaml } from './guise-personas.ts';

const socket = '/run/guise/agent.sock';
const library = '/etc/guise/personas';

export const guiseAgent: Contender = {
  name: 'guise (agent)',
  packages: [],
  files: Object.fromEntries(roles.map((role) => [`${library}/${personaId(role)}.yaml`, personaYaml(role)])),
  start: [
    ['bash', '-c', 'echo {} >/etc/guise/agent.json'],
    ['systemctl', 'start', 'guise-agent.service'],
    ['bash', '-c', `until [ -S ${socket} ]; do sleep 0.05; done`],
  ],
  apply: (role) => [
    'ask',
    socket,
    'guise-agent.service',
    'POST',
    `/personas/apply/${personaId(role)}`,
    '{"only": true}',
  ],
};
