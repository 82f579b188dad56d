/**
 * Killed before or after each thing that the conductor writes: the next start makes the host what the files say, wholly one or the
 * other, and candidates, holds and host agree.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { applyByHand, type ByHand, rollbackByHand } from './by-hand.ts';
import { desiredOf, markingLayer, TestHost } from './test-host.ts';

const hosts: TestHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.remove();
});

const onAlarm = `activation_triggers: {external_event_subscriptions: {type: alarm, for: 1d}}\n`;
const by = (host: TestHost): ByHand => ({
  forMs: 3_600_000,
  reason: 'a test',
  nowMs: host.clock.nowMs(),
  makeId: () => crypto.randomUUID(),
});

const words: readonly {
  readonly name: string;
  readonly assigned?: boolean;
  readonly say: (host: TestHost) => unknown;
  readonly after: readonly string[];
}[] = [
  { name: 'a declaration', say: (host) => host.conductor.declare([markingLayer('new')]), after: ['new'] },
  {
    name: 'a declaration in the place of an assignment',
    assigned: true,
    say: (host) => host.conductor.declare([markingLayer('new')]),
    after: ['new'],
  },
  {
    name: 'an assignment',
    say: (host) => host.conductor.follow(desiredOf(1, markingLayer('new'))),
    after: ['new', 'old'],
  },
  {
    name: 'a hold that brings a persona',
    say: (host) => applyByHand(host.conductor, markingLayer('new'), false, by(host)),
    after: ['new', 'old'],
  },
  { name: 'a hold that rolls back', say: (host) => rollbackByHand(host.conductor, 'baseline', by(host)), after: [] },
  {
    name: 'a trigger',
    say: async (host) => {
      host.conductor.event({ specversion: '1.0', id: '1', source: '/test', type: 'alarm' });
      await host.clock.advance(1_000);
    },
    after: ['alarm', 'old'],
  },
];

/** More than any of them writes. */
const writesMax = 4;

describe.each(words)('$name', ({ assigned = false, say, after }) => {
  it.each(['before', 'after'] as const)('killed %s any of its writes is all or nothing', async (when) => {
    const seen = new Set<string>();
    for (let nth = 1; nth <= writesMax; nth++) {
      const host = new TestHost();
      hosts.push(host);
      await host.conductor.start();
      const before = [markingLayer('old'), markingLayer('alarm', onAlarm)];
      if (assigned) host.conductor.follow(desiredOf(1, ...before));
      else await host.conductor.declare(before);
      await host.settled();
      host.dieAt(nth, when);
      await Promise.resolve(say(host)).catch(() => undefined);
      await host.settled();
      await host.restart();
      await host.settled();
      const marks = host.marks();
      seen.add(marks.join());
      expect([['old'], after]).toContainEqual(marks);
      const active = host.conductor.candidateReports().filter((candidate) => candidate.active);
      expect(active.map(({ instance }) => instance).sort()).toEqual(marks);
      expect(
        host.engine
          .active()
          .map(({ instance }) => instance)
          .sort(),
      ).toEqual(marks);
    }
    expect(seen).toContain(after.join());
  });
});
