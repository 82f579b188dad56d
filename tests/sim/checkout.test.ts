/** Hosts are lent and come back as they were, with simulated agents and a provider in memory. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lending } from './lending.ts';

const lending = new Lending(['h1']);
beforeAll(async () => {
  await lending.start();
  await lending.run();
});
afterAll(() => lending.stop());

it('lends a host as another persona, and has it back as it was', async () => {
  const { provider, traffic } = lending;
  provider.write('h1', '/srv/data', 'of production');
  const asked = await lending.ask({ host_id: 'h1', persona_id: 'lab' });
  expect(asked).toMatchObject({ host_id: 'h1', persona_id: 'lab', holder: 'admin' });
  const out = await lending.reaches(asked, 'out');
  expect(out).toMatchObject({ reach: { hostname: 'h1', address: '192.0.2.1' }, version: 1 });
  expect(lending.activeOn('h1')).toEqual(['lab']);
  expect(traffic.calls).toEqual(['drain h1']);
  provider.write('h1', '/srv/data', 'destroyed');
  await lending.checkIn(out);
  const ended = await lending.reaches(out, 'ended');
  expect(ended.fingerprint_after).toEqual(ended.fingerprint_before);
  expect(ended.failure).toBeNull();
  expect(provider.read('h1', '/srv/data')).toBe('of production');
  expect(lending.activeOn('h1')).toEqual(['web']);
  expect(traffic.calls).toEqual(['drain h1', 'restore h1']);
  expect(provider.calls).toEqual(['snapshot h1 1', 'revert h1 1', 'discard h1 1']);
});
