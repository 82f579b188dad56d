/** The conductor over a real engine: what it makes of candidates, triggers, holds and the words of others, and what survives. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineHere } from '../engine-here.ts';
import { applyByHand, type ByHand, rollbackByHand } from './by-hand.ts';
import { desiredOf, markingLayer, TestHost } from './test-host.ts';

const burst = `activation_triggers: {resource_utilization_thresholds: {metric: cpu, above: 0.8, for: 2s}}\n`;
const hourly = `activation_triggers: {time_schedule: {cron: "0 10 * * *", duration: 1h, zone: UTC}}\n`;
const onAlarm = `activation_triggers: {external_event_subscriptions: {type: alarm, for: 1m}}\n`;
const forAlice = `activation_triggers: {user_profile_association: {user: alice}}\n`;
/** Found out only when the file is written, so the switch is rolled back. */
const broken = { owner: 'nobody-here' };

let host: TestHost;
beforeEach(async () => {
  host = new TestHost();
});
afterEach(() => host.remove());

const assignedBy = 'host:h1 by admin';
const by = (more: Partial<ByHand> = {}): ByHand => ({
  forMs: null,
  reason: 'a test',
  nowMs: host.clock.nowMs(),
  makeId: () => crypto.randomUUID(),
  ...more,
});
const alarm = (id: string) => ({ specversion: '1.0', id, source: '/test', type: 'alarm' }) as const;
const alerts = () => host.conductor.alerts.lasting().map(({ key }) => key);

describe('triggers', () => {
  it('bring a persona by load and take it away, while one without triggers stays', async () => {
    await host.conductor.start();
    host.metrics.set('cpu_utilization', 0.1);
    await host.conductor.declare([markingLayer('base'), markingLayer('burst', burst)]);
    expect(host.marks()).toEqual(['base']);
    host.metrics.set('cpu_utilization', 0.95);
    await host.clock.advance(4_000);
    await host.marksAre('base', 'burst');
    const [, candidate] = host.conductor.candidateReports();
    expect(candidate).toMatchObject({ instance: 'burst', active: true, decided_by: 'triggers' });
    expect(candidate?.reason).toContain('0.95');
    host.metrics.set('cpu_utilization', 0.1);
    await host.clock.advance(4_000);
    await host.marksAre('base');
  });

  it('bring personas by the clock, by an event and by a login, and each leaves by itself', async () => {
    await host.conductor.start();
    await host.conductor.declare([
      markingLayer('clock', hourly),
      markingLayer('event', onAlarm),
      markingLayer('login', forAlice),
    ]);
    expect(host.marks()).toEqual([]);
    host.conductor.event(alarm('one'));
    await host.clock.advance(1_000);
    await host.marksAre('event');
    host.users = new Map([['alice', []]]);
    host.conductor.evaluate();
    await host.marksAre('event', 'login');
    host.users = new Map();
    host.conductor.evaluate();
    await host.marksAre('event');
    await host.clock.advance(3_600_000);
    await host.marksAre('clock');
    host.clock.jump(3 * 3_600_000);
    await host.clock.advance(60_000);
    await host.marksAre();
  });

  it('know after a restart what they knew before', async () => {
    await host.conductor.start();
    host.metrics.set('cpu_utilization', 0.95);
    await host.conductor.declare([markingLayer('burst', burst)]);
    await host.clock.advance(4_000);
    await host.marksAre('burst');
    const [before] = host.conductor.candidateReports();
    host.metrics.delete('cpu_utilization');
    await host.restart();
    expect(host.marks()).toEqual(['burst']);
    expect(host.conductor.candidateReports()[0]).toEqual(before);
  });
});

describe('a persona that cannot be activated', () => {
  it('is tried again later and later, alerts, and keeps no other away', async () => {
    await host.conductor.start();
    await host.conductor.declare([
      markingLayer('bad', onAlarm.replace('1m', '1d'), broken),
      markingLayer('good', onAlarm.replace('1m', '1d')),
    ]);
    host.conductor.event(alarm('one'));
    await host.clock.advance(100);
    await host.marksAre('good');
    await host.settled();
    const failures = () => host.engine.history().filter(({ status }) => status === 'rolled_back').length;
    expect(alerts()).toEqual(['switch:bad']);
    const atFirst = failures();
    await host.clock.advance(10_000);
    await host.settled();
    expect(failures()).toBe(atFirst);
    await host.clock.advance(25_000);
    await host.eventually('it was tried again', () => failures() === atFirst + 1);
    await host.settled();
    await host.clock.advance(31_000);
    await host.settled();
    expect(failures()).toBe(atFirst + 1);
    expect(host.marks()).toEqual(['good']);
  });

  it('is not tried again when it came by assignment, and the host stays as it was', async () => {
    await host.conductor.start();
    host.conductor.follow(desiredOf(1, markingLayer('old', '', { assignedBy })));
    await host.marksAre('old');
    host.conductor.follow(desiredOf(2, markingLayer('new', '', { ...broken, assignedBy })));
    await host.eventually('generation 2 is told', () => host.conductor.desiredResult?.desired.generation === 2);
    expect(host.conductor.desiredResult?.result).toMatchObject({ type: 'done', outcome: { type: 'rolled_back' } });
    const before = host.engine.history().length;
    await host.clock.advance(3_600_000);
    await host.settled();
    expect(host.engine.history()).toHaveLength(before);
    expect(host.marks()).toEqual(['old']);
    host.conductor.follow(desiredOf(3, markingLayer('newer', '', { assignedBy })));
    await host.marksAre('newer');
    expect(alerts()).toEqual([]);
  });
});

describe('a hold', () => {
  it('outranks triggers and ends by itself', async () => {
    await host.conductor.start();
    const layer = markingLayer('burst', burst);
    host.metrics.set('cpu_utilization', 0.1);
    await host.conductor.declare([layer]);
    const outcome = await applyByHand(host.conductor, layer, false, by({ forMs: 60_000 }));
    expect(outcome.type).toBe('committed');
    expect(host.conductor.candidateReports()[0]).toMatchObject({ active: true, decided_by: 'hold' });
    await host.clock.advance(59_000);
    expect(host.marks()).toEqual(['burst']);
    await host.clock.advance(2_000);
    await host.marksAre();
    expect(host.conductor.holds()).toEqual([]);
  });

  it('brings a persona along that is no candidate, survives a restart, and takes it away at its end', async () => {
    await host.conductor.start();
    await host.conductor.declare([markingLayer('base')]);
    await applyByHand(host.conductor, markingLayer('visitor'), false, by({ forMs: 60_000 }));
    expect(host.marks()).toEqual(['base', 'visitor']);
    await host.restart();
    expect(host.marks()).toEqual(['base', 'visitor']);
    expect(host.conductor.holds()).toMatchObject([{ instance: 'visitor', owner: 'local', reason: 'a test' }]);
    host.clock.jump(120_000);
    await host.restart();
    await host.marksAre('base');
  });

  it('is made for an hour where triggers could object, and not where none does', async () => {
    await host.conductor.start();
    await host.conductor.declare([markingLayer('base')]);
    await applyByHand(host.conductor, markingLayer('more'), false, by());
    expect(host.conductor.holds()).toEqual([]);
    expect(host.marks()).toEqual(['base', 'more']);
    await applyByHand(host.conductor, markingLayer('alarmed', onAlarm), false, by());
    const [hold] = host.conductor.holds();
    expect(Date.parse(hold!.until) - Date.parse(hold!.from)).toBe(3_600_000);
    expect(host.marks()).toEqual(['alarmed', 'base', 'more']);
  });

  it('of a rollback empties the host, and one of a persona made after it counts for that', async () => {
    await host.conductor.start();
    host.metrics.set('cpu_utilization', 0.95);
    await host.conductor.declare([markingLayer('base'), markingLayer('burst', burst)]);
    await host.clock.advance(4_000);
    await host.marksAre('base', 'burst');
    await rollbackByHand(host.conductor, 'baseline', by({ forMs: 60_000 }));
    expect(host.marks()).toEqual([]);
    await host.clock.advance(1_000);
    await applyByHand(host.conductor, markingLayer('base'), false, by({ forMs: 30_000 }));
    expect(host.marks()).toEqual(['base']);
    await host.clock.advance(62_000);
    await host.marksAre('base', 'burst');
  });

  it('is taken back when what it asks for cannot be', async () => {
    await host.conductor.start();
    const outcome = await applyByHand(host.conductor, markingLayer('bad', '', broken), false, by({ forMs: 60_000 }));
    expect(outcome.type).toBe('rolled_back');
    expect(host.conductor.holds()).toEqual([]);
  });

  it('ordered by the control plane is refused for what is no candidate, and released by its id', async () => {
    await host.conductor.start();
    await host.conductor.declare([markingLayer('base')]);
    const hold = {
      id: 'x1',
      instance: 'base',
      effect: 'inactive',
      reason: 'maintenance',
      owner: 'alice',
      from: '2026-11-25T09:00:00Z',
      until: '2026-11-25T10:00:00Z',
    } as const;
    expect(() => host.conductor.holdByOrder({ ...hold, instance: 'other' })).toThrow(
      'Cannot hold "other": the candidates of this host are base',
    );
    expect(() => host.conductor.holdByOrder({ ...hold, until: '2026-11-25T08:00:00Z' })).toThrow('later than now');
    host.conductor.holdByOrder(hold);
    await host.marksAre();
    expect(host.conductor.release('x2')).toBe(false);
    expect(host.conductor.release('x1')).toBe(true);
    await host.marksAre('base');
  });
});

describe('words of others', () => {
  it('at the command line beside the agent are a declaration', async () => {
    await host.conductor.start();
    host.conductor.follow(desiredOf(1, markingLayer('assigned', '', { assignedBy })));
    await host.marksAre('assigned');
    const beside = engineHere({ root: host.root, stateDirectory: `${host.root}/state` });
    await beside.apply([markingLayer('mine')]);
    beside.close();
    await host.clock.advance(11_000);
    await host.settled();
    expect(host.marks()).toEqual(['mine']);
    expect(host.conductor.candidateReports()).toMatchObject([{ instance: 'mine', decided_by: 'always' }]);
    await host.restart();
    expect(host.marks()).toEqual(['mine']);
    host.conductor.follow(desiredOf(2, markingLayer('assigned', '', { assignedBy })));
    await host.marksAre('assigned', 'mine');
  });

  it('stay when a secret of what is assigned is rotated, also over a restart, and give way to another assignment', async () => {
    await host.conductor.start();
    const layer = markingLayer('assigned', '', { assignedBy });
    const rotated = (generation: number, version: number) => ({
      ...desiredOf(generation, layer),
      secrets: [{ name: 'db', version, sealed: 'AAAA' }],
    });
    host.conductor.follow(rotated(1, 1));
    await host.marksAre('assigned');
    await host.conductor.declare([markingLayer('mine')]);
    host.conductor.follow(rotated(2, 2));
    await host.settled();
    expect(host.marks()).toEqual(['mine']);
    await host.restart();
    host.conductor.follow(rotated(3, 3));
    await host.settled();
    expect(host.marks()).toEqual(['mine']);
    host.conductor.follow(desiredOf(4, markingLayer('other', '', { assignedBy })));
    await host.marksAre('mine', 'other');
  });

  it('while the agent was away are one too', async () => {
    await host.conductor.start();
    await host.conductor.declare([markingLayer('base')]);
    await host.conductor.close();
    const beside = engineHere({ root: host.root, stateDirectory: `${host.root}/state` });
    await beside.rollback('baseline');
    beside.close();
    await host.restart();
    expect(host.marks()).toEqual([]);
    expect(host.conductor.candidateReports()).toEqual([]);
  });
});

it('makes the host what it should be when its files of memory are gone', async () => {
  await host.conductor.start();
  await host.conductor.declare([markingLayer('base')]);
  for (const file of ['declarations.json', 'triggers.json']) rmSync(`${host.root}/state/${file}`);
  await host.restart();
  expect(host.marks()).toEqual(['base']);
  expect(host.conductor.candidateReports()).toMatchObject([{ instance: 'base', active: true }]);
});

it('drops events past its bound, and says so once', async () => {
  await host.conductor.start();
  const taken = Array.from({ length: 1_500 }, (_, index) => host.conductor.event(alarm(String(index))));
  expect(taken.filter((each) => each)).toHaveLength(1_000);
  expect(host.conductor.droppedEvents).toBe(500);
  expect(host.reports.filter((line) => line.includes('dropped'))).toHaveLength(1);
});

it('tells a persona that it cannot read here, and keeps the others', async () => {
  await host.conductor.start();
  const unreadable = markingLayer('unreadable', hourly.replace('0 10 * * *', '0 10 31 2 *'));
  host.conductor.follow(desiredOf(1, markingLayer('good'), unreadable));
  await host.marksAre('good');
  await host.settled();
  expect(alerts()).toEqual(['candidate:unreadable']);
  expect(host.conductor.desiredResult?.result.type).toBe('failed');
});
