import type { CloudEvent } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { TriggerEngine, type TriggerInputs } from './trigger-engine.ts';
import { triggersOf } from './triggers-of.ts';

const start = Date.parse('2026-11-25T10:00:00Z');
const seconds = (count: number) => start + count * 1000;

/** One instance "p", and its switches as `60:on`, `120:off`. */
class Rehearsal {
  readonly engine: TriggerEngine;
  readonly switches: string[] = [];

  constructor(engine = new TriggerEngine()) {
    this.engine = engine;
  }

  static async of(text: string): Promise<Rehearsal> {
    const rehearsal = new Rehearsal();
    rehearsal.engine.setCandidates([{ instance: 'p', triggers: await triggersOf(text) }], start);
    return rehearsal;
  }

  at(second: number, inputs: Partial<TriggerInputs> & { readonly cpu?: number | null } = {}): this {
    const samples = new Map(typeof inputs.cpu === 'number' ? [['cpu_utilization', inputs.cpu]] : []);
    const defaults = { samples, events: [], users: new Map() };
    for (const { active } of this.engine.evaluate({ ...defaults, ...inputs, atMs: seconds(second) })) {
      this.switches.push(`${second}:${active ? 'on' : 'off'}`);
    }
    return this;
  }
}

function event(id: string, data: CloudEvent['data'] = {}): CloudEvent {
  return { specversion: '1.0', id, source: '//ids', type: 'security.alert', data };
}

const cpu = (rest: string) => `{resource_utilization_thresholds: {metric: cpu, ${rest}}}`;

describe('thresholds', () => {
  it('are met by the sample that is `for` after the first that qualified', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8, for: 2m')}`);
    rehearsal.at(0, { cpu: 0.9 }).at(60, { cpu: 0.95 }).at(119, { cpu: 0.9 });
    expect(rehearsal.switches).toEqual([]);
    rehearsal.at(120, { cpu: 0.85 });
    expect(rehearsal.switches).toEqual(['120:on']);
    expect(rehearsal.engine.wishes().get('p')).toMatchObject({
      reason: 'cpu_utilization was above 0.8 for 2m: 0.85 at 2026-11-25T10:02:00Z',
      inputs: { cpu_utilization: 0.85 },
      sinceMs: seconds(120),
    });
  });

  it('are not met by an old sample that is only still fresh', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8, for: 10s')}`);
    const sampledMs = new Map([['cpu_utilization', seconds(0)]]);
    rehearsal.at(0, { cpu: 0.9 }).at(12, { cpu: 0.9, sampledMs });
    expect(rehearsal.switches).toEqual([]);
    rehearsal.at(15, { cpu: 0.9 });
    expect(rehearsal.switches).toEqual(['15:on']);
  });

  it('are strict, and one sample that does not qualify begins the run anew', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8, for: 20s')}`);
    rehearsal.at(0, { cpu: 0.9 }).at(10, { cpu: 0.8 }).at(20, { cpu: 0.9 }).at(30, { cpu: 0.9 });
    expect(rehearsal.switches).toEqual([]);
    rehearsal.at(40, { cpu: 0.9 });
    expect(rehearsal.switches).toEqual(['40:on']);
  });

  it('never take missing data for a low value, in either direction', async () => {
    const rehearsal = await Rehearsal.of(
      `activation_triggers: ${cpu('below: 0.2')}\ndeactivation_triggers: ${cpu('above: 0.5')}`,
    );
    rehearsal.at(0).at(1, { cpu: null });
    expect(rehearsal.switches).toEqual([]);
    rehearsal.at(2, { cpu: 0.1 }).at(3, { cpu: null }).at(4, { cpu: Number.NaN });
    expect(rehearsal.switches).toEqual(['2:on']);
  });

  it('keep a persona as it is while its only metric is unknown, also under "not"', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: {not: ${cpu('above: 0.8')}}`);
    rehearsal.at(0).at(1, { cpu: 0.5 }).at(2).at(3, { cpu: 0.9 }).at(4);
    expect(rehearsal.switches).toEqual(['1:on', '3:off']);
  });

  it('have hysteresis by separate bounds', async () => {
    const rehearsal = await Rehearsal.of(
      `activation_triggers: ${cpu('above: 0.8')}\ndeactivation_triggers: ${cpu('below: 0.5, for: 20s')}`,
    );
    for (const [index, value] of [0.9, 0.6, 0.7, 0.4, 0.4, 0.4, 0.4].entries())
      rehearsal.at(index * 10, { cpu: value });
    expect(rehearsal.switches).toEqual(['0:on', '50:off']);
  });
});

describe('deactivation', () => {
  it('comes when the activation triggers end, without deactivation triggers', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8')}`);
    rehearsal.at(0, { cpu: 0.9 }).at(1, { cpu: 0.7 });
    expect(rehearsal.switches).toEqual(['0:on', '1:off']);
    expect(rehearsal.engine.wishes().get('p')?.reason).toBe(
      'cpu_utilization was not above 0.8: 0.7 at 2026-11-25T10:00:01Z',
    );
  });

  it('does not fight an activation that still holds', async () => {
    const rehearsal = await Rehearsal.of(
      `activation_triggers: {time_schedule: {cron: "0 10 * * *", duration: 1m, zone: UTC}}
deactivation_triggers: ${cpu('below: 0.5')}`,
    );
    rehearsal.at(0, { cpu: 0.1 }).at(30, { cpu: 0.1 }).at(59, { cpu: 0.1 }).at(60, { cpu: 0.7 }).at(90, { cpu: 0.1 });
    expect(rehearsal.switches).toEqual(['0:on', '90:off']);
  });
});

describe('what keeps a persona from flapping', () => {
  it('is min_active: it stays so long, and then goes by itself', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8')}\nmin_active: 1m`);
    rehearsal.at(0, { cpu: 0.9 }).at(10, { cpu: 0.1 });
    expect(rehearsal.switches).toEqual(['0:on']);
    expect(rehearsal.engine.nextDueMs()).toBe(seconds(60));
    expect(rehearsal.engine.wishes().get('p')?.waits).toBe('stays for its min_active of 1m until 2026-11-25T10:01:00Z');
    rehearsal.at(60, { cpu: 0.1 });
    expect(rehearsal.switches).toEqual(['0:on', '60:off']);
  });

  it('is cooldown', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8')}\ncooldown: 1m`);
    rehearsal.at(0, { cpu: 0.9 }).at(10, { cpu: 0.1 }).at(20, { cpu: 0.9 }).at(69, { cpu: 0.9 }).at(70, { cpu: 0.9 });
    expect(rehearsal.switches).toEqual(['0:on', '10:off', '70:on']);
  });

  it('is max_switches_per_hour, which keeps it from coming and never from going', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8')}\nmax_switches_per_hour: 5`);
    for (let second = 0; second < 7300; second += 10) rehearsal.at(second, { cpu: second % 20 === 0 ? 0.9 : 0.1 });
    expect(rehearsal.switches.slice(0, 4)).toEqual(['0:on', '10:off', '20:on', '30:off']);
    expect(rehearsal.switches.slice(4, 8)).toEqual(['3600:on', '3610:off', '3620:on', '3630:off']);
  });
});

describe('events', () => {
  const alert = (rest: string) => `{external_event_subscriptions: {type: security.alert${rest}}}`;

  it('hold for their time, and end by themselves', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${alert(', where: "event.severity >= 7", for: 1h')}`);
    rehearsal.at(0, { events: [event('1', { severity: 6 })] }).at(1, { events: [event('2', { severity: 7 })] });
    expect(rehearsal.switches).toEqual(['1:on']);
    expect(rehearsal.engine.nextDueMs()).toBe(seconds(1));
    rehearsal.at(2);
    expect(rehearsal.engine.nextDueMs()).toBe(seconds(3601));
    rehearsal.at(3600).at(3601);
    expect(rehearsal.switches).toEqual(['1:on', '3601:off']);
  });

  it('that come twice are one', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${alert(', for: 10s')}`);
    rehearsal
      .at(0, { events: [event('1')] })
      .at(9, { events: [event('1')] })
      .at(10);
    expect(rehearsal.switches).toEqual(['0:on', '10:off']);
  });

  it('accumulate, and what is too old no longer counts', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${alert(', accumulate: {count: 3, within: 10s}')}`);
    for (const [index, second] of [0, 6, 11, 14].entries()) rehearsal.at(second, { events: [event(String(index))] });
    expect(rehearsal.switches).toEqual(['14:on']);
    rehearsal.at(15).at(16);
    expect(rehearsal.switches).toEqual(['14:on', '16:off']);
  });

  it('are nothing within once_within of one that counted', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${alert(', for: 10s, once_within: 1m')}`);
    rehearsal
      .at(0, { events: [event('1')] })
      .at(8, { events: [event('2')] })
      .at(10)
      .at(60, { events: [event('3')] });
    expect(rehearsal.switches).toEqual(['0:on', '10:off', '60:on']);
  });

  it('without a time ask for one switch', async () => {
    const rehearsal = await Rehearsal.of(
      `activation_triggers: ${alert('')}\ndeactivation_triggers: {external_event_subscriptions: {type: all.clear}}\nmin_active: 10s`,
    );
    const clear = (id: string) => ({ ...event(id), type: 'all.clear' });
    rehearsal
      .at(0, { events: [clear('0')] })
      .at(1, { events: [event('1')] })
      .at(2)
      .at(3, { events: [event('2'), clear('3')] });
    expect(rehearsal.switches).toEqual(['1:on']);
    rehearsal.at(11).at(12).at(13);
    expect(rehearsal.switches).toEqual(['1:on', '11:off']);
  });

  it('match by source, and by the beginning before a star', async () => {
    const rehearsal = await Rehearsal.of(
      'activation_triggers: {external_event_subscriptions: {type: "security.*", source: "//ids*", for: 5s}}',
    );
    rehearsal.at(0, {
      events: [
        { ...event('1'), source: 'ids' },
        { ...event('2'), type: 'secure' },
      ],
    });
    expect(rehearsal.switches).toEqual([]);
    rehearsal.at(1, { events: [event('3')] });
    expect(rehearsal.switches).toEqual(['1:on']);
  });

  it('cost little by the hundred thousand, and old ones are forgotten', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${alert(', for: 10s')}`);
    const flood = Array.from({ length: 100_000 }, (_, index) => event(`f${index}`));
    rehearsal.at(0, { events: flood }).at(10);
    expect(rehearsal.switches).toEqual(['0:on', '10:off']);
    expect(rehearsal.engine.snapshot().seen.length).toBe(4096);
  });
});

describe('users', () => {
  it('count while they are logged in, alone or by group', async () => {
    const rehearsal = await Rehearsal.of(
      'activation_triggers: [{user_profile_association: {user: alice}}, {user_profile_association: {group: admin}}]',
    );
    const users = (...names: [string, string[]][]) => ({ users: new Map(names) });
    rehearsal
      .at(0, users(['bob', []]))
      .at(1, users(['alice', []], ['bob', []]))
      .at(2, users(['bob', ['admin']]));
    rehearsal.at(3, { users: null }).at(4, users(['bob', []]));
    expect(rehearsal.switches).toEqual(['1:on', '4:off']);
  });
});

describe('clocks that jump', () => {
  it('back: nothing lasts longer than it was written', async () => {
    const rehearsal = await Rehearsal.of(
      'activation_triggers: {external_event_subscriptions: {type: security.alert, for: 1m}}\ncooldown: 30s',
    );
    rehearsal
      .at(0, { events: [event('1')] })
      .at(-3600)
      .at(-3541)
      .at(-3540);
    expect(rehearsal.switches).toEqual(['0:on', '-3540:off']);
    rehearsal
      .at(-7200, { events: [event('2')] })
      .at(-7171)
      .at(-7170);
    expect(rehearsal.switches.at(-1)).toBe('-7170:on');
  });

  it('forward: what had to end has ended', async () => {
    const rehearsal = await Rehearsal.of(
      'activation_triggers: {external_event_subscriptions: {type: security.alert, for: 1m}}\nmin_active: 5m',
    );
    rehearsal.at(0, { events: [event('1')] }).at(86_400);
    expect(rehearsal.switches).toEqual(['0:on', '86400:off']);
  });

  it('known to be a step: what lasts goes on lasting', async () => {
    const rehearsal = await Rehearsal.of(
      'activation_triggers: {external_event_subscriptions: {type: security.alert, for: 1m}}',
    );
    rehearsal.at(0, { events: [event('1')] });
    rehearsal.engine.stepClock(86_400_000);
    rehearsal.at(86_459).at(86_460);
    expect(rehearsal.switches).toEqual(['0:on', '86460:off']);
  });
});

describe('candidates', () => {
  it('without triggers are active from the start', () => {
    const engine = new TriggerEngine();
    engine.setCandidates([{ instance: 'plain', triggers: null }], start);
    expect(engine.wishes().get('plain')).toMatchObject({ active: true, sinceMs: start });
    expect(engine.evaluate({ atMs: start, samples: new Map(), events: [], users: null })).toEqual([]);
    expect(engine.explain('plain')).toBeNull();
  });

  it('that are still there keep their state, and those that went do not come back with it', async () => {
    const rehearsal = await Rehearsal.of(`activation_triggers: ${cpu('above: 0.8, for: 20s')}`);
    const triggers = await triggersOf(`activation_triggers: ${cpu('above: 0.8, for: 20s')}`);
    rehearsal.at(0, { cpu: 0.9 });
    rehearsal.engine.setCandidates(
      [
        { instance: 'other', triggers },
        { instance: 'p', triggers },
      ],
      seconds(10),
    );
    rehearsal.at(10, { cpu: 0.9 }).at(20, { cpu: 0.9 });
    expect(rehearsal.engine.wishes().get('p')?.active).toBe(true);
    expect(rehearsal.engine.wishes().get('other')?.active).toBe(false);
    rehearsal.engine.setCandidates([], seconds(21));
    expect(rehearsal.engine.wishes().size).toBe(0);
    rehearsal.engine.setCandidates([{ instance: 'p', triggers }], seconds(22));
    expect(rehearsal.engine.wishes().get('p')?.active).toBe(false);
  });

  it('explain themselves leaf by leaf', async () => {
    const rehearsal = await Rehearsal.of(
      `activation_triggers: {all: [${cpu('above: 0.8')}, {user_profile_association: {user: alice}}]}`,
    );
    rehearsal.at(0, { cpu: 0.9 });
    expect(rehearsal.engine.explain('p')?.activation).toEqual([
      {
        path: 'activation_triggers.all.0.resource_utilization_thresholds',
        truth: true,
        text: 'cpu_utilization was above 0.8: 0.9 at 2026-11-25T10:00:00Z',
      },
      {
        path: 'activation_triggers.all.1.user_profile_association',
        truth: false,
        text: 'alice is not logged in',
      },
    ]);
  });
});
