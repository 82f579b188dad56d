/**
 * Promise 1 on a real host: the host is a function of the active personas and its baseline. Three personas that share packages,
 * files and bounds come and leave in every order; each set of them gives one host, and none gives the host from before.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { diffFingerprints, type Fingerprint } from './fingerprint.ts';
import { node, testLab } from './test-lab.ts';

const folder = '/opt/guise/tests/host/layers';
const orders = [
  ['a', 'b', 'c'],
  ['a', 'c', 'b'],
  ['b', 'a', 'c'],
  ['b', 'c', 'a'],
  ['c', 'a', 'b'],
  ['c', 'b', 'a'],
] as const;

describe('three personas that overlap', () => {
  const { guise, output } = testLab('test-layers', [{ name: 'h1' }]);
  const hostOf = new Map<string, Fingerprint>();
  const become = async (names: readonly string[]): Promise<Fingerprint> => {
    const { status, stdout, stderr } = await guise(
      'h1',
      'apply',
      '--yes',
      ...names.map((name) => `${folder}/${name}.yaml`),
    );
    if (names.length > 0) expect([names, status, status === 0 ? '' : stdout + stderr]).toEqual([names, 0, '']);
    return JSON.parse(await output('h1', [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint;
  };
  const leaveAll = async (): Promise<Fingerprint> => {
    await output('h1', ['/opt/guise/guise', 'rollback', '--to', 'baseline', '--yes']);
    return JSON.parse(await output('h1', [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint;
  };

  beforeEach(async () => {
    if (hostOf.size > 0) return;
    hostOf.set('', JSON.parse(await output('h1', [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint);
  });

  it.each(orders)('come as %s %s %s and leave in every order', async (...order) => {
    for (let active = 1; active <= order.length; active++) await expectSameHost(order.slice(0, active));
    for (let left = 1; left < order.length; left++) await expectSameHost(order.slice(left));
    expect(diffFingerprints(hostOf.get('')!, await leaveAll())).toEqual([]);
  });

  async function expectSameHost(names: readonly string[]): Promise<void> {
    const key = [...names].sort().join('');
    const host = await become(names);
    const known = hostOf.get(key) ?? host;
    hostOf.set(key, known);
    expect([names, diffFingerprints(known, host)]).toEqual([names, []]);
  }
});
