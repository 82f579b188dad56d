/**
 * What daemons of this sort weigh while nothing happens: an agent that evaluates 100 personas every second, beside TuneD and collectd.
 *
 * All in one host, one after the other, each alone: started, let settle, then watched. Nothing asserts on time.
 */
import type { Lab } from '@guise/lab';
import { GuiseError } from '@guise/model';
import { significant } from './figures.ts';
import { writeHostFiles } from './prepared-host.ts';

const hostName = 'rest';
const personas = 100;
const settleS = 20;
const watchS = 60;
const folder = '/srv/bench/rest';
const script = '/opt/guise/bench/measure.py';

interface Daemon {
  readonly name: string;
  readonly unit: string;
  /** Whatever it takes until it does what it is to be watched at. */
  readonly start: readonly (readonly string[])[];
}

interface Weight {
  readonly name: string;
  readonly residentMib: number;
  /** Share of one core, in per cent. */
  readonly cpuPercent: number;
}

const startAgent: readonly string[] = ['systemctl', 'start', 'guise-agent.service'];
const daemons: readonly Daemon[] = [
  { name: 'guise, no personas', unit: 'guise-agent.service', start: [startAgent] },
  {
    name: `guise, ${personas} personas with triggers`,
    unit: 'guise-agent.service',
    start: [
      startAgent,
      ['/opt/guise/guise', 'apply', '--yes', ...Array.from({ length: personas }, (_, index) => personaFile(index))],
      // As after a reboot: what reading the personas took is not at rest.
      ['systemctl', 'restart', 'guise-agent.service'],
    ],
  },
  { name: 'TuneD', unit: 'tuned.service', start: [['systemctl', 'start', 'tuned.service']] },
  { name: 'collectd, every second', unit: 'collectd.service', start: [['systemctl', 'start', 'collectd.service']] },
];

export async function restFigures(lab: Lab, report: (line: string) => void): Promise<readonly Weight[]> {
  const host = { name: hostName, agentConfig: {} };
  await lab.up([host]);
  const packages = ['python3-minimal', 'libpython3-stdlib', 'tuned', 'collectd-core'];
  await mustRun(lab, ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...packages]);
  writeHostFiles(lab.host(hostName).root, {
    '/etc/collectd/collectd.conf': collectdConfiguration,
    ...Object.fromEntries(Array.from({ length: personas }, (_, index) => [personaFile(index), personaText(index)])),
  });
  for (const { unit } of daemons) await mustRun(lab, ['systemctl', 'stop', unit]);
  const weights: Weight[] = [];
  for (const daemon of daemons) {
    weights.push(await weigh(lab, daemon));
    report(lineOf(weights.at(-1)!));
  }
  return weights;
}

export function renderRestFigures(weights: readonly Weight[], date: string): string {
  const agent = weights[1]!;
  const isLight = agent.residentMib <= 64;
  const isQuiet = agent.cpuPercent <= 0.5;
  return [
    `${date}, watched for ${watchS} s each`,
    '',
    '| at rest | resident memory, MiB | a core, % | memory × guise |',
    '| --- | ---: | ---: | ---: |',
    ...weights.map(
      ({ name, residentMib, cpuPercent }) =>
        `| ${name} | ${residentMib.toFixed(0)} | ${cpuPercent.toFixed(2)} | ${significant(residentMib / agent.residentMib)} |`,
    ),
    '',
    '| goal | reached | |',
    '| --- | ---: | --: |',
    `| an agent that evaluates ${personas} personas every second: at most 64 MiB | ${agent.residentMib.toFixed(0)} MiB | ${isLight ? '✓' : '✗'} |`,
    `| and at most 0.5 % of a core | ${agent.cpuPercent.toFixed(2)} % | ${isQuiet ? '✓' : '✗'} |`,
  ].join('\n');
}

async function weigh(lab: Lab, { name, unit, start }: Daemon): Promise<Weight> {
  for (const argv of start) await mustRun(lab, argv);
  await mustRun(lab, ['sleep', String(settleS)]);
  const line = await mustRun(lab, ['python3', script, 'rest', unit, String(watchS)]);
  await mustRun(lab, ['systemctl', 'stop', unit]);
  const sample = JSON.parse(line) as { wall_ms: number; cpu_ms: number; resident_mib: number };
  return { name, residentMib: sample.resident_mib, cpuPercent: (100 * sample.cpu_ms) / sample.wall_ms };
}

function lineOf({ name, residentMib, cpuPercent }: Weight): string {
  return `${name}: ${residentMib.toFixed(0)} MiB, ${cpuPercent.toFixed(2)} % of a core`;
}

function personaFile(index: number): string {
  return `${folder}/p${index}.yaml`;
}

/** Never active here: load above all reason, a schedule in the small hours, an event that nobody sends, a user who is not there. */
function personaText(index: number): string {
  const metrics = ['cpu', 'memory', 'load_1m', 'swap_utilization', 'disk'];
  return `guise: persona/v1
persona_id: p${index}
files: {/srv/rest/p${index}: {content: "${index}\\n"}}
activation_triggers:
  any:
    - {resource_utilization_thresholds: {metric: ${metrics[index % metrics.length]}, above: ${index % 5 === 2 ? 1000 : 0.999}, for: 30s}}
    - {time_schedule: {cron: "${index % 60} 3 29 2 *", duration: 1m, zone: Europe/Paris}}
    - {external_event_subscriptions: {type: bench.${index}, for: 1m}}
    - {user_profile_association: {user: nobody-${index}}}
`;
}

/** What an agent of this sort reads, from /proc, every second, and writes nowhere. */
const collectdConfiguration = `Hostname "rest"
Interval 1
LoadPlugin cpu
LoadPlugin memory
LoadPlugin load
LoadPlugin swap
LoadPlugin df
LoadPlugin disk
LoadPlugin interface
LoadPlugin users
`;

async function mustRun(lab: Lab, argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(hostName, argv, { timeoutMs: 900_000 });
  if (status === 0) return stdout;
  throw new GuiseError('command_failed', `Cannot run ${argv.slice(0, 6).join(' ')} in the host: ${stderr || stdout}`);
}
