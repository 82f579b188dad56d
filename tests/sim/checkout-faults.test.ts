/** What goes wrong while a host is lent: it comes back clean or is quarantined, and the checkout says which and why. */
import { GuiseError, parseHostId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually } from './control-plane.ts';
import { Lending } from './lending.ts';

const lending = new Lending(['h1']);
beforeAll(async () => {
  await lending.start();
  await lending.run();
});
afterAll(() => lending.stop());

type Asked = Awaited<ReturnType<Lending['ask']>>;

async function out(): Promise<Asked> {
  lending.provider.write('h1', '/srv/data', 'of production');
  return lending.reaches(await lending.ask({ host_id: 'h1', persona_id: 'lab' }), 'out');
}

async function expectBack(): Promise<void> {
  expect(lending.provider.read('h1', '/srv/data')).toBe('of production');
  // A host that was released by hand is sent what it is to be like any other.
  await eventually('h1 has web', () => lending.activeOn('h1').join() === 'web');
  expect((await lending.traffic.state('h1')).isServing).toBe(true);
  expect(await lending.rows('select state, reason from fleet')).toEqual([{ state: 'production', reason: null }]);
  expect(await lending.rows('select lease_id from leases where ended_at is null')).toEqual([]);
  expect(lending.provider.snapshotsOf('h1')).toEqual([]);
}

async function expectKept(): Promise<void> {
  expect((await lending.traffic.state('h1')).isServing).toBe(false);
  expect(await lending.rows('select state from fleet')).toEqual([{ state: 'quarantined' }]);
  await expect(lending.ask({ host_id: 'h1' })).rejects.toMatchObject({ code: 'lease_conflict' });
}

/** As if its step had been tried for hours. */
async function hasBeenTriedLong({ checkout_id }: Asked): Promise<void> {
  await lending.rows(`update flows set data = jsonb_set(data, '{since}', '"2026-01-01T00:00:00Z"')
    where flow_id = (select flow_id from checkouts where checkout_id = '${checkout_id}')`);
}

const release = (reason: string) => lending.api.releaseHost({ params: { host_id: 'h1' as never }, body: { reason } });
const full = new GuiseError('limit_exceeded', 'Cannot keep a snapshot: its storage is full');
const broken = new GuiseError('provider_failed', 'Cannot do it: the disk is broken');
const away = new GuiseError('host_unavailable', 'Cannot reach "h1"');

describe('before the holder has it, the host comes back clean', () => {
  it.each([
    ['snapshot', [full]],
    ['snapshot', [broken, broken, broken]],
    ['deploy', [broken, broken, broken]],
    ['resize', [broken, broken, broken]],
  ] as const)('when the provider fails: %s', async (method, errors) => {
    const { provider } = lending;
    provider.write('h1', '/srv/data', 'of production');
    for (const error of errors) provider.failNext(method, error);
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'big' });
    expect(await lending.reaches(asked, 'failed')).toMatchObject({ failure: errors[0].message, ready_at: null });
    await expectBack();
  });

  it('when it cannot become what was asked', async () => {
    lending.provider.write('h1', '/srv/data', 'of production');
    const engine = lending.agents.get('h1')?.engine;
    if (engine !== undefined) engine.failNext = new GuiseError('document_invalid', 'Not on this host');
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'lab' });
    const failed = await lending.reaches(asked, 'failed');
    expect(failed.failure).toBe('Cannot make "h1" what was asked: Not on this host');
    await expectBack();
  });

  it('when the holder gives it up', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    lending.traffic.hold = promise;
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'lab' });
    await lending.reaches(asked, 'draining');
    await lending.checkIn(asked);
    resolve();
    expect(await lending.reaches(asked, 'cancelled')).toMatchObject({ failure: null, ready_at: null });
    await expectBack();
  });

  it('when its time is over while requests are still ending', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    lending.traffic.hold = promise;
    const asked = await lending.ask({ host_id: 'h1', persona_id: 'lab' });
    await lending.reaches(asked, 'draining');
    await lending.endsIn(asked, 0);
    resolve();
    const failed = await lending.reaches(asked, 'failed');
    expect(failed.failure).toBe('its time was over before it was ready');
    await expectBack();
  });

  it('and goes on after a failure that passes', async () => {
    lending.provider.failNext('snapshot', away);
    lending.provider.failNext('snapshot', broken);
    const checkout = await out();
    await lending.checkIn(checkout);
    expect(await lending.reaches(checkout, 'ended')).toMatchObject({ failure: null });
    await expectBack();
  });
});

describe('a host that does not come back as it was', () => {
  it('is quarantined with what differs, and comes back when it is tried again', async () => {
    const checkout = await out();
    lending.provider.write('h1', '/srv/data', 'of the holder');
    lending.provider.spoilRevert();
    await lending.checkIn(checkout);
    const kept = await lending.reaches(checkout, 'quarantined');
    expect(kept).toMatchObject({
      failure: '"h1" is not as it was: files',
      evidence: { code: 'fingerprint_differs', differing: ['files'] },
    });
    expect(kept.fingerprint_after).not.toEqual(kept.fingerprint_before);
    await expectKept();
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    await expectBack();
  });

  it('is quarantined when its snapshot is gone, each time, until a person releases it', async () => {
    const checkout = await out();
    lending.provider.loseSnapshots('h1');
    await lending.checkIn(checkout);
    const kept = await lending.reaches(checkout, 'quarantined');
    expect(kept.evidence).toMatchObject({ step: 'reverting', code: 'snapshot_not_found' });
    await expectKept();
    await lending.checkIn(checkout);
    await lending.sinceIsOther(checkout, kept.state_since);
    await lending.reaches(checkout, 'quarantined');
    await expectKept();
    await release('looked at it');
    await lending.reaches(checkout, 'ended');
    await expectBack();
    await expect(release('again')).rejects.toMatchObject({ code: 'host_unfit' });
  });

  it('is quarantined when its provider fails, but not at the first time', async () => {
    const once = await out();
    lending.provider.failNext('revert', broken);
    await lending.checkIn(once);
    await lending.reaches(once, 'ended');
    const checkout = await out();
    for (const error of [broken, broken, broken]) lending.provider.failNext('revert', error);
    await lending.checkIn(checkout);
    expect(await lending.reaches(checkout, 'quarantined')).toMatchObject({ failure: broken.message });
    await expectKept();
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    await expectBack();
  });

  it('is quarantined when it stays away, and comes back once it is there', async () => {
    const checkout = await out();
    await lending.disconnect('h1');
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'verifying');
    await hasBeenTriedLong(checkout);
    const kept = await lending.reaches(checkout, 'quarantined');
    expect(kept).toMatchObject({
      failure: '"h1" did not become healthy again: its agent is not connected',
      evidence: { connected: false },
    });
    await expectKept();
    lending.connect('h1');
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'ended');
    await expectBack();
  });

  it('is waited for when it is away for a while', async () => {
    const checkout = await out();
    await lending.disconnect('h1');
    lending.provider.failNext('revert', away);
    await lending.checkIn(checkout);
    await lending.reaches(checkout, 'verifying');
    lending.connect('h1');
    expect(await lending.reaches(checkout, 'ended')).toMatchObject({ failure: null });
    await expectBack();
  });
});

describe('checking in', () => {
  it('twice, at once or later, is once', async () => {
    const checkout = await out();
    await Promise.all([lending.checkIn(checkout), lending.checkIn(checkout), lending.checkIn(checkout)]);
    const ended = await lending.reaches(checkout, 'ended');
    expect(await lending.checkIn(checkout)).toEqual(ended);
    expect((await lending.statesOf(checkout)).filter((state) => state === 'reverting')).toHaveLength(1);
    await expectBack();
  });

  it('happens by itself when the time is over, also when its holder is gone', async () => {
    const { token, token_id } = await lending.api.createToken({ body: { name: 'carol', roles: ['operator'] } });
    const carol = clientOf({ url: lending.server.url, adminToken: token });
    lending.provider.write('h1', '/srv/data', 'of production');
    const host_id = parseHostId('h1');
    const asked = await carol.requestCheckout({ body: { host_id, for: '1h', reason: 'a test' } });
    expect(await lending.reaches(asked, 'out')).toMatchObject({ holder: 'carol' });
    await lending.api.deleteToken({ params: { token_id } });
    await expect(carol.checkIn({ params: { checkout_id: asked.checkout_id } })).rejects.toMatchObject({
      code: 'token_invalid',
    });
    await lending.endsIn(asked, 500);
    expect(await lending.reaches(asked, 'ended')).toMatchObject({ failure: null });
    await expectBack();
  });
});
