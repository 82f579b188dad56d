/** Drift over a real engine of an offline tree: noticed, named, and left, told of or made right, without a fight. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryWatch } from '../host/watch-directories.ts';
import { DriftGuard } from './drift-guard.ts';
import { markingLayer, TestHost } from './test-host.ts';

let host: TestHost;
let guard: DriftGuard;
let watch: DirectoryWatch;
beforeEach(async () => {
  host = new TestHost();
  watch = new DirectoryWatch(() => guard.look());
  const { engine, conductor, clock } = host;
  guard = new DriftGuard({
    engine,
    conductor,
    clock,
    watch,
    alerts: conductor.alerts,
    report: (line) => host.reports.push(line),
  });
  await conductor.start();
  guard.start();
});
afterEach(async () => {
  guard.close();
  await host.remove();
});

const path = (name: string) => join(host.root, 'marks', name);
const content = (name: string) => readFileSync(path(name), 'utf8');
const become = (policy: string) =>
  host.conductor.declare([markingLayer('web', policy === '' ? '' : `monitoring: {drift: ${policy}}\n`)]);
const alerts = () => host.conductor.alerts.lasting();
/** As the kernel would tell, or the period. */
const look = async () => {
  guard.look();
  await host.settled();
};

describe('what somebody else changed', () => {
  it.each(['', 'alert'])('is told of and left with the policy %j, until it is right again', async (policy) => {
    await become(policy);
    writeFileSync(path('web'), 'changed');
    await look();
    expect(alerts()).toMatchObject([
      { key: 'drift:file:/marks/web', type: 'drift', instance: 'web', message: expect.stringContaining('digest') },
    ]);
    expect(content('web')).toBe('changed');
    writeFileSync(path('web'), 'web');
    await look();
    expect(alerts()).toEqual([]);
  });

  it('is nobody\'s business with the policy "leave"', async () => {
    await become('leave');
    writeFileSync(path('web'), 'changed');
    await look();
    expect([content('web'), alerts()]).toEqual(['changed', []]);
  });

  it('is made right with the policy "enforce", later and later when it goes on, with an alert', async () => {
    await become('enforce');
    writeFileSync(path('web'), 'changed');
    await look();
    await host.eventually('it is right again', () => content('web') === 'web');
    await host.eventually('nothing lasts', () => alerts().length === 0);
    expect(host.reports.join()).toContain('making it right');
    writeFileSync(path('web'), 'again');
    await look();
    expect(content('web')).toBe('again');
    expect(alerts()[0]?.message).toContain('fight');
    await host.clock.advance(31_000);
    await host.eventually('it is right again', () => content('web') === 'web');
    await host.settled();
    writeFileSync(path('web'), 'and again');
    await host.clock.advance(31_000);
    await host.settled();
    expect(content('web')).toBe('and again');
    await host.clock.advance(31_000);
    await host.eventually('it is right again', () => content('web') === 'web');
    expect(alerts()).toHaveLength(1);
    await host.settled();
    await host.clock.advance(15 * 60_000);
    await host.eventually('it is forgotten', () => alerts().length === 0);
  });

  it('is noticed by the kernel at once', async () => {
    await become('alert');
    await host.settled();
    writeFileSync(path('web'), 'changed');
    // The paths of an offline tree are not the machine's, so only here is the watch told where they are.
    watch.set(new Map([[join(host.root, 'marks'), new Set(['web'])]]));
    writeFileSync(path('web'), 'changed again');
    await host.eventually('it is told', () => alerts().length === 1);
  });
});
