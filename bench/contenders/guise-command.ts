/** guise from the command line: a new process for each switch, which reads and checks the document, as CFEngine does. */

import { roles } from '../workload.ts';
import type { Contender } from './contender.ts';
import { personaId, personaYaml } from './guise-personas.ts';

const folder = '/srv/bench/guise';

export const guiseCommand: Contender = {
  name: 'guise (command line)',
  packages: [],
  files: Object.fromEntries(roles.map((role) => [`${folder}/${personaId(role)}.yaml`, personaYaml(role)])),
  // Fills Node's compile cache, as Debian's packages bring their compiled Python. It changes nothing.
  start: [['/opt/guise/guise', 'plan', `${folder}/${personaId('web')}.yaml`]],
  apply: (role) => ['run', '/opt/guise/guise', 'apply', '--yes', `${folder}/${personaId(role)}.yaml`],
};
