/**
 * Nothing lost, nothing half done: a switch is struck at every point it reaches, and the host is afterwards what it was before
 * or what it was to be. Prints how many points it struck at.
 */
import { describe, expect, it } from 'vitest';
import type { Finding, Scenario } from './crash/scenario.ts';
import { canBoot, node, testLab } from './test-lab.ts';

const personas = '/opt/guise/tests/host/crash/personas';
const scenarios: readonly Scenario[] = [
  { name: 'a switch between two roles', from: ['before.yaml'], to: ['after.yaml'], faults: ['kill', 'enospc', 'eio'], stride: 1 },
  { name: 'the undo of a switch whose test fails', from: ['before.yaml'], to: ['refused.yaml'], faults: ['kill', 'enospc', 'eio'], stride: 1 },
  { name: 'the installation of a package', from: [], to: ['package.yaml'], faults: ['kill'], stride: 3 },
];

describe.runIf(canBoot)('struck at every point', () => {
  const { output } = testLab('test-crash', [{ name: 'h1' }]);

  it.each(scenarios)('$name leaves the old host or the new one', { timeout: 1_800_000 }, async (scenario) => {
    const located = { ...scenario, from: scenario.from.map(inHost), to: scenario.to.map(inHost) };
    const printed = await output('h1', [...node, '/opt/guise/tests/host/crash/runner.ts', JSON.stringify(located)]);
    const lines = printed.split('\n').map((line) => JSON.parse(line) as unknown);
    const sum = lines.at(-1) as { readonly points: number; readonly findings: number };
    const findings = lines.slice(0, -1) as readonly Finding[];
    const count = (fault: string, host: string) => findings.filter((each) => each.fault === fault && each.host === host).length;
    for (const fault of scenario.faults) {
      console.log(`${scenario.name}: ${fault} at ${count(fault, 'old') + count(fault, 'new')} of ${sum.points} points: ${count(fault, 'old')} old, ${count(fault, 'new')} new`);
    }
    expect(sum.points).toBeGreaterThan(20);
    expect(findings.length).toBe(scenario.faults.length * Math.ceil(sum.points / scenario.stride));
    expect(findings.filter((each) => each.host === 'other')).toEqual([]);
    expect(findings.filter((each) => each.fault === 'kill' && each.ended !== 'SIGKILL')).toEqual([]);
  });
});

function inHost(file: string): string {
  return `${personas}/${file}`;
}
