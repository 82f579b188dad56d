/** A revert is killed at every point that it reaches: the host is afterwards wholly its holder's or wholly what it was. */
import { expect, it } from 'vitest';
import type { Finding } from './lease/deed.ts';
import { node, testLab } from './test-lab.ts';

const { output } = testLab('test-lease-crash', [{ name: 'h1' }]);

it('killed anywhere, a revert is nothing or all of it, and a repeated one ends', { timeout: 1_800_000 }, async () => {
  await output('h1', ['apt-get', 'install', '--yes', '--quiet', 'btrfs-progs']);
  const lines = (await output('h1', [...node, '/opt/guise/tests/host/lease/runner.ts'])).split('\n');
  const { points } = JSON.parse(lines.at(-1) ?? '') as { readonly points: number };
  const findings = lines.slice(0, -1).map((line) => JSON.parse(line) as Finding);
  const count = (host: Finding['host']) => findings.filter((each) => each.host === host).length;
  console.log(`a revert: killed at ${points} points: ${count('before')} before, ${count('after')} after`);
  expect(points).toBeGreaterThan(20);
  expect(findings.filter(({ host, differences }) => host === 'other' || differences.length > 0)).toEqual([]);
  // How many points a run has varies by a few with what overlaps.
  expect(findings.filter(({ at, ended }) => at < 0.9 * points && ended !== 'SIGKILL')).toEqual([]);
});
