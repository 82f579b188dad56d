/**
 * Nothing lost, nothing half done: a switch is struck at every point it reaches, and the host is afterwards what it was before
 * or what it was to be. Prints how many points it struck at.
 */
import { describe, expect, it } from 'vitest';
import type { Finding, Findings, Scenario } from './crash/scenario.ts';
import { node, testLab } from './test-lab.ts';

const personas = '/opt/guise/tests/host/crash/personas';
const hosts = ['h1', 'h2'] as const;
const cases: readonly Omit<Scenario, 'part'>[] = [
  {
    name: 'a switch between two roles',
    from: ['before.yaml'],
    to: ['after.yaml'],
    faults: ['kill', 'enospc', 'eio'],
    from_share: 0,
  },
  {
    name: 'the undo of a switch whose test fails',
    from: ['before.yaml'],
    to: ['refused.yaml'],
    faults: ['kill', 'enospc', 'eio'],
    from_share: 0.45,
  },
  {
    name: 'the installation of a package',
    from: [],
    to: ['package.yaml'],
    faults: ['kill', 'enospc', 'eio'],
    from_share: 0,
  },
  {
    name: 'a switch between secrets',
    from: ['secret-before.yaml'],
    to: ['secret-after.yaml'],
    faults: ['kill', 'enospc', 'eio'],
    from_share: 0,
  },
];
/** In the host's own folder: no control plane is here. */
const secrets =
  'install -d /etc/guise/secrets && umask 077 && for n in old new; do echo canary-$n > /etc/guise/secrets/$n; done';

describe('struck at every point', () => {
  const { output } = testLab(
    'test-crash',
    hosts.map((name) => ({ name })),
  );

  it.each(cases)('$name leaves the old host or the new one', { timeout: 1_800_000 }, async (scenario) => {
    for (const host of hosts) await output(host, ['sh', '-c', secrets]);
    const shares = await Promise.all([
      strikes(hosts[0], { ...scenario, part: 0 }),
      strikes(hosts[1], { ...scenario, part: 1 }),
    ]);
    const findings = shares.flatMap((share) => share.findings);
    const points = Math.min(...shares.map((share) => share.points));
    for (const type of scenario.faults) {
      const struck = findings.filter(({ fault }) => fault === type);
      const count = (host: Finding['host']) => struck.filter((each) => each.host === host).length;
      console.log(
        `${scenario.name}: ${type} at ${struck.length} of ${points} points: ${count('old')} old, ${count('new')} new, ${count('other')} other`,
      );
      expect(struck.length).toBeGreaterThanOrEqual(Math.floor(0.9 * points * (1 - scenario.from_share)));
    }
    expect(points).toBeGreaterThan(20);
    expect(findings.filter(({ host }) => host === 'other')).toEqual([]);
    // How many points a run has varies by a few with what overlaps, so the last of them may not be reached in every run.
    const missed = findings.filter(
      ({ fault, ended, at }) => fault === 'kill' && ended !== 'SIGKILL' && at < 0.9 * points,
    );
    expect(missed).toEqual([]);
  });

  async function strikes(host: string, scenario: Scenario): Promise<Findings> {
    const located = { ...scenario, from: scenario.from.map(inHost), to: scenario.to.map(inHost) };
    const printed = await output(host, [...node, '/opt/guise/tests/host/crash/runner.ts', JSON.stringify(located)]);
    const lines = printed.split('\n');
    const { points } = JSON.parse(lines.at(-1) ?? '') as { readonly points: number };
    return { points, findings: lines.slice(0, -1).map((line) => JSON.parse(line) as Finding) };
  }
});

function inHost(file: string): string {
  return `${personas}/${file}`;
}
