/**
 * guise's resident agent, asked through its socket. Its library holds both personas, as any host's does.
 *
 * Twice: as it is after days, when the engine that runs it has compiled what is used often, and as it is right after its start.
 */
import { type Role, roles } from '../workload.ts';
import type { Contender } from './contender.ts';
import { personaId, personaYaml } from './guise-personas.ts';

const socket = '/run/guise/agent.sock';
const library = '/etc/guise/personas';
const only = '{"only": true}';

const warmUps = 2;
/** Of each persona in each warm-up; the first of them switches, and the others find nothing to do. */
const requests = 10;

export const guiseAgent: Contender = agent('guise (agent)', warmUp());
export const guiseAgentCold: Contender = agent('guise (agent just started)', []);

function agent(name: string, warmUp: Contender['start']): Contender {
  return {
    name,
    packages: [],
    files: {
      ...Object.fromEntries(roles.map((role) => [`${library}/${personaId(role)}.yaml`, personaYaml(role)])),
      // Only where it is to run is this put where its unit looks for it.
      '/srv/bench/guise/agent.json': '{}\n',
    },
    start: [
      ['cp', '/srv/bench/guise/agent.json', '/etc/guise/agent.json'],
      ['systemctl', 'start', 'guise-agent.service'],
      ['curl', '--silent', '--retry', '30', '--retry-delay', '1', '--retry-all-errors', ...at('/personas/active')],
      ...warmUp,
    ],
    apply: (role) => ['ask', socket, 'guise-agent.service', 'POST', pathOf(role), only],
  };
}

/** Ends at the baseline, so that the first apply that is measured is one. */
function warmUp(): Contender['start'] {
  const post = (path: string, body: string) => [
    'curl',
    '--silent',
    '--show-error',
    '--fail',
    '--data',
    body,
    ...at(path),
  ];
  const switches = roles.flatMap((role) => Array.from({ length: requests }, () => post(pathOf(role), only)));
  const once = [...switches, post('/personas/rollback', '{"to": "baseline"}')];
  return Array.from({ length: warmUps }, () => once).flat();
}

function pathOf(role: Role): string {
  return `/personas/apply/${personaId(role)}`;
}

function at(path: string): readonly string[] {
  return ['--unix-socket', socket, `http://agent${path}`];
}
