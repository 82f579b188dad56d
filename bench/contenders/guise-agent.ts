/**
 * guise's resident agent, asked through its socket. Its library holds both personas, as any host's does.
 *
 * As it is after days, when the engine that runs it has compiled what is used often, as it is right after its start, and once more as
 * after days but asked by the command line, as a person or a script would.
 */
import { type Role, roles } from '../workload.ts';
import type { Contender } from './contender.ts';
import { personaId, personaYaml } from './guise-personas.ts';

const socket = '/run/guise/agent.sock';
const unit = 'guise-agent.service';
const library = '/etc/guise/personas';
const only = '{"only": true}';

const warmUps = 2;
/** Of each persona in each warm-up; the first of them switches, and the others find nothing to do. */
const requests = 10;

export const guiseAgent: Contender = agent('guise (agent)', { warmUp: warmUp(), apply: ask });
export const guiseAgentCold: Contender = agent('guise (agent just started)', { warmUp: [], apply: ask });
export const guiseCommandAgent: Contender = agent('guise (command line, agent)', {
  warmUp: warmUp(),
  apply: (role) => ['through', unit, '/opt/guise/guise', 'apply', '--yes', fileOf(role)],
});

interface AgentUse {
  readonly warmUp: Contender['start'];
  readonly apply: Contender['apply'];
}

function agent(name: string, { warmUp, apply }: AgentUse): Contender {
  return {
    name,
    packages: [],
    files: {
      ...Object.fromEntries(roles.map((role) => [fileOf(role), personaYaml(role)])),
      // Only where it is to run is this put where its unit looks for it.
      '/srv/bench/guise/agent.json': '{}\n',
    },
    start: [
      ['cp', '/srv/bench/guise/agent.json', '/etc/guise/agent.json'],
      ['systemctl', 'start', unit],
      ['curl', '--silent', '--retry', '30', '--retry-delay', '1', '--retry-all-errors', ...at('/personas/active')],
      ...warmUp,
    ],
    apply,
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

function ask(role: Role): readonly string[] {
  return ['ask', socket, unit, 'POST', pathOf(role), only];
}

function fileOf(role: Role): string {
  return `${library}/${personaId(role)}.yaml`;
}

function pathOf(role: Role): string {
  return `/personas/apply/${personaId(role)}`;
}

function at(path: string): readonly string[] {
  return ['--unix-socket', socket, `http://agent${path}`];
}
