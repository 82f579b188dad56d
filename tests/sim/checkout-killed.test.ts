/**
 * The process that takes a checkout's steps is killed before, in and after each of them, and another goes on: the host comes back, it
 * was in one hand all the time, and requests go to it again.
 */
import { GuiseError, parseHostId } from '@guise/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './control-plane.ts';
import { Lending } from './lending.ts';

const points = ['before', 'acted', 'said'] as const;
const wayOut = [
  'waiting',
  'booked',
  'checking',
  'draining',
  'snapshotting',
  'preparing',
  'applying',
  'testing',
  'out',
] as const;
const wayBack = ['reverting', 'verifying', 'restoring'] as const;
type Step = (typeof wayOut)[number] | (typeof wayBack)[number] | 'quarantined';

const lending = new Lending(['h1']);
let fence = 0;
beforeAll(() => lending.start());
afterEach(() => lending.stopRunners());
afterAll(() => lending.stop());

/** Runs flows until it dies there. */
async function runUntil(step: Step, point: (typeof points)[number]): Promise<() => boolean> {
  let isDead = false;
  await lending.run((reached, _kind, name) => {
    if (reached !== point || name !== step) return;
    isDead = true;
    throw new Error('killed');
  });
  return () => isDead;
}

/** The one that was killed is gone; another begins. */
async function goOn(isDead: () => boolean, where: string): Promise<void> {
  await eventually(`the process died ${where}`, isDead);
  await lending.stopRunners();
  await lending.run();
}

async function expectBack(content: string | null): Promise<void> {
  const { provider, traffic } = lending;
  expect(provider.read('h1', '/srv/data')).toBe(content);
  expect(provider.snapshotsOf('h1')).toEqual([]);
  expect(lending.activeOn('h1')).toEqual(['web']);
  expect((await traffic.state('h1')).isServing).toBe(true);
  expect(await lending.rows('select state, fence from fleet')).toEqual([{ state: 'production', fence: String(fence) }]);
  expect(await lending.rows('select lease_id from leases where ended_at is null')).toEqual([]);
}

const everywhere = [...wayOut, ...wayBack].flatMap((step) => points.map((point) => [step, point] as const));

describe('a checkout whose process is killed', () => {
  it.each(everywhere)('at %s, %s, goes on in another and ends', async (step, point) => {
    const { provider, traffic } = lending;
    fence += 1;
    provider.write('h1', '/srv/data', `of production, ${fence}`);
    const isDead = await runUntil(step, point);
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'lab', tests: true });
    const isOnWayOut = (wayOut as readonly string[]).includes(step);
    if (isOnWayOut) await goOn(isDead, `at ${step}`);
    const out = await lending.reaches(asked, 'out');
    expect(lending.activeOn('h1')).toEqual(['lab']);
    expect((await traffic.state('h1')).isServing).toBe(false);
    provider.write('h1', '/srv/data', 'destroyed');
    await lending.checkIn(out);
    if (!isOnWayOut) await goOn(isDead, `at ${step}`);
    const ended = await lending.reaches(out, 'ended');

    expect(ended.fingerprint_after).toEqual(ended.fingerprint_before);
    await expectBack(`of production, ${fence}`);
    // Each step was said once, however often it was taken, and all of it under the one lease.
    expect(await lending.statesOf(asked)).toEqual([...wayOut.slice(1), ...wayBack, 'ended']);
    expect(new Set(provider.calls.splice(0).map((call) => call.split(' ').at(-1)))).toEqual(new Set([String(fence)]));
  });
});

describe('a checkout that fails, and whose process is killed', () => {
  it.each(points)('while it is given back: %s', async (point) => {
    const { provider } = lending;
    fence += 1;
    provider.write('h1', '/srv/data', `of production, ${fence}`);
    const isDead = await runUntil('reverting', point);
    for (let times = 0; times < 3; times++) provider.failNext('deploy', new GuiseError('provider_failed', 'broken'));
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'big' });
    await goOn(isDead, 'while it was given back');
    expect(await lending.reaches(asked, 'failed')).toMatchObject({ failure: 'broken', ready_at: null });
    await expectBack(`of production, ${fence}`);
  });

  it.each(points)('while its host is quarantined, and while that ends: %s', async (point) => {
    const { provider, traffic } = lending;
    fence += 1;
    const quarantining = await runUntil('reverting', point);
    const out = await lending.reaches(await lending.ask({ host_id: 'h1', persona_id: 'lab' }), 'out');
    provider.loseSnapshots('h1');
    await lending.checkIn(out);
    await goOn(quarantining, 'as it was quarantined');
    await lending.reaches(out, 'quarantined');
    expect((await traffic.state('h1')).isServing).toBe(false);
    await lending.stopRunners();
    const releasing = await runUntil('quarantined', point);
    await lending.api.releaseHost({ params: { host_id: parseHostId('h1') }, body: { reason: 'looked at it' } });
    await goOn(releasing, 'as it was released');
    expect(await lending.reaches(out, 'ended')).toMatchObject({ evidence: { code: 'snapshot_not_found' } });
    await expectBack(provider.read('h1', '/srv/data'));
  });
});
