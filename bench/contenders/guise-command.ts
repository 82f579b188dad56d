/** guise from the command line on a host without an agent: a new process for each switch does all of it, as with CFEngine. */

import { roles } from '../workload.ts';
import type { Contender } from './contender.ts';
import { personaId, personaYaml } from './guise-personas.ts';

const folder = '/srv/bench/guise';

export const guiseCommand: Contender = {
  name: 'guise (command line)',
  packages: [],
  files: Object.fromEntries(roles.map((role) => [`${folder}/${personaId(role)}.yaml`, personaYaml(role)])),
  // Fills Node's compile cache, as Debian's packages bring their compiled Python. What it keeps of the document is elsewhere.
  start: [['/opt/guise/guise', 'plan', `${folder}/${personaId('web')}.yaml`, '--state-dir', '/tmp/state']],
  apply: (role) => ['run', '/opt/guise/guise', 'apply', '--yes', `${folder}/${personaId(role)}.yaml`],
};
