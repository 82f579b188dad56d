import type { CloudEvent, Json } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompiledTriggers, TriggerLeaf, TriggerNode } from './compiled.ts';
import { PlainEvaluator } from './plain-evaluator.ts';
import { cronSchedule } from './schedule.ts';
import { TriggerEngine, type TriggerInputs } from './trigger-engine.ts';
import type { TriggerSnapshot } from './trigger-snapshot.ts';

const startMs = Date.parse('2026-03-29T00:00:00Z');
const secondMs = 1000;
const metrics = ['cpu_utilization', 'memory_utilization'];

type Unplaced = TriggerLeaf extends infer Leaf ? (Leaf extends TriggerLeaf ? Omit<Leaf, 'path'> : never) : never;

const someMs = (most: number) => fc.integer({ min: 0, max: most }).map((count) => count * secondMs);
const quarter = fc.integer({ min: 0, max: 4 }).map((count) => count / 4);

const someLeaf: fc.Arbitrary<Unplaced> = fc.oneof(
  fc.record({
    type: fc.constant('threshold' as const),
    metric: fc.constantFrom(...metrics),
    comparison: fc.constantFrom('above' as const, 'below' as const),
    bound: quarter,
    forMs: someMs(90),
  }),
  fc.constantFrom('*/2 * * * *', '*/3 * * * *').map((cron) => ({
    type: 'schedule' as const,
    schedule: cronSchedule(cron, 60 * secondMs, 'Europe/Paris'),
    key: cron,
    text: cron,
  })),
  fc.record({
    type: fc.constant('event' as const),
    eventType: fc.constantFrom('alert', 'clear'),
    source: fc.constant(null),
    where: fc.constant(null),
    forMs: fc.option(someMs(60)),
    onceWithinMs: fc.constantFrom(0, 20 * secondMs),
    accumulate: fc.option(fc.record({ count: fc.integer({ min: 2, max: 3 }), withinMs: fc.constant(60 * secondMs) })),
  }),
  fc.record({
    type: fc.constant('user' as const),
    by: fc.constantFrom('user' as const, 'group' as const),
    name: fc.constantFrom('alice', 'admin'),
  }),
);

const { tree: someTree } = fc.letrec<{ tree: Unplaced | Branch }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'tree' },
    { arbitrary: someLeaf, weight: 3 },
    fc.record({
      type: fc.constantFrom('any' as const, 'all' as const),
      of: fc.array(tie('tree'), { minLength: 1, maxLength: 3, depthIdentifier: 'tree' }),
    }),
    fc.record({ type: fc.constant('not' as const), of: tie('tree') }),
  ),
}));

type Branch =
  | { readonly type: 'any' | 'all'; readonly of: readonly (Unplaced | Branch)[] }
  | { readonly type: 'not'; readonly of: Unplaced | Branch };

function placed(node: Unplaced | Branch, path: string): TriggerNode {
  if (node.type === 'any' || node.type === 'all') {
    return { type: node.type, of: node.of.map((child, index) => placed(child, `${path}.${index}`)) };
  }
  if (node.type === 'not') return { type: 'not', of: placed(node.of, `${path}.not`) };
  return { ...node, path } as TriggerLeaf;
}

const someTriggers: fc.Arbitrary<CompiledTriggers> = fc
  .record({
    activation: someTree,
    deactivation: fc.option(someTree),
    cooldownMs: fc.constantFrom(0, 30 * secondMs),
    minActiveMs: fc.constantFrom(0, 45 * secondMs),
    maxSwitchesPerHour: fc.constantFrom(Number.POSITIVE_INFINITY, 2, 5),
  })
  .map(({ activation, deactivation, ...rest }) => ({
    ...rest,
    key: 'k',
    activation: placed(activation, 'activation_triggers'),
    deactivation: deactivation === null ? null : placed(deactivation, 'deactivation_triggers'),
  }));

const someEvent: fc.Arbitrary<CloudEvent> = fc
  .record({ number: fc.nat(10), type: fc.constantFrom('alert', 'clear', 'other') })
  .map(({ number, type }) => ({ specversion: '1.0', source: 'test', id: `${type} ${number}`, type }));

const someStep = fc.record({
  afterMs: fc.oneof(someMs(70), fc.integer({ min: 1, max: 2500 }), fc.constant(2 * 3600 * secondMs)),
  samples: fc.dictionary(fc.constantFrom(...metrics), quarter).map((samples) => new Map(Object.entries(samples))),
  sampleAgeMs: fc.constantFrom(0, 0, 4000),
  events: fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, fc.array(someEvent, { maxLength: 4 })),
  users: fc.constantFrom(
    null,
    new Map<string, string[]>(),
    new Map([['alice', ['admin']]]),
    new Map([['bob', ['admin']]]),
  ),
});

const someInputs: fc.Arbitrary<readonly TriggerInputs[]> = fc.array(someStep, { maxLength: 60 }).map((steps) => {
  let atMs = startMs;
  // Samples are never older than those before them.
  let sampledMs = startMs;
  return steps.map(({ afterMs, sampleAgeMs, ...inputs }) => {
    atMs += afterMs;
    sampledMs = Math.max(sampledMs, atMs - sampleAgeMs);
    const times = new Map([...inputs.samples.keys()].map((metric) => [metric, sampledMs]));
    return { ...inputs, atMs, sampledMs: times };
  });
});

const someFleet = fc.array(someTriggers, { minLength: 1, maxLength: 5 });

describe('the engine', () => {
  it('switches exactly as the plain rules do', () => {
    fc.assert(
      fc.property(someFleet, someInputs, (fleet, steps) => {
        const engine = engineOf(fleet);
        const plain = new PlainEvaluator(new Map(fleet.map((triggers, index) => [`p${index}`, triggers])), startMs);
        for (const inputs of steps) expect(switchesOf(engine, inputs)).toEqual(plain.evaluate(inputs));
      }),
      { numRuns: 3_000 },
    );
  });

  it('has the same future after a restart in the middle', () => {
    fc.assert(
      fc.property(someFleet, someInputs, fc.nat(60), (fleet, steps, cut) => {
        const engine = engineOf(fleet);
        for (const inputs of steps.slice(0, cut)) engine.evaluate(inputs);
        const restored = engineOf(fleet, JSON.parse(JSON.stringify(engine.snapshot())) as TriggerSnapshot);
        for (const inputs of steps.slice(cut)) {
          expect(switchesOf(restored, inputs)).toEqual(switchesOf(engine, inputs));
        }
        expect(plainly(restored)).toEqual(plainly(engine));
      }),
      { numRuns: 1_000 },
    );
  });

  it('does the same to a persona whether others are there or not', () => {
    fc.assert(
      fc.property(someFleet, someInputs, (fleet, steps) => {
        const [together, alone] = [engineOf(fleet), engineOf(fleet.slice(0, 1))];
        for (const inputs of steps) {
          const ofFirst = switchesOf(together, inputs).filter((text) => text.startsWith('p0:'));
          expect(ofFirst).toEqual(switchesOf(alone, inputs));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('misses nothing when it is asked only on news and when something is due', () => {
    fc.assert(
      fc.property(someFleet, someInputs.map(inWholeSeconds), (fleet, steps) => {
        const [eager, lazy] = [engineOf(fleet), engineOf(fleet)];
        const [seenEagerly, seenLazily]: [string[], string[]] = [[], []];
        for (const [index, inputs] of steps.entries()) {
          const untilMs = steps[index + 1]?.atMs ?? inputs.atMs + 300 * secondMs;
          const quiet = { ...inputs, events: [] };
          const note = (engine: TriggerEngine, into: string[], each: TriggerInputs) => {
            const switches = switchesOf(engine, each);
            into.push(...switches.map((text) => `${each.atMs} ${text}`));
            return switches.length > 0;
          };
          note(eager, seenEagerly, inputs);
          note(lazy, seenLazily, inputs);
          if (untilMs - inputs.atMs > 400 * secondMs) continue;
          for (let atMs = inputs.atMs; atMs < untilMs; atMs += secondMs) {
            // What switched may switch back at once.
            for (let turn = 0; note(eager, seenEagerly, { ...quiet, atMs }); turn += 1) {
              expect(turn, 'it switches to and fro for ever').toBeLessThan(100);
            }
          }
          let rounds = 0;
          for (let dueMs = lazy.nextDueMs(); dueMs !== null && dueMs < untilMs; dueMs = lazy.nextDueMs()) {
            rounds += 1;
            expect(rounds, 'something is due for ever').toBeLessThan(2_000);
            note(lazy, seenLazily, { ...quiet, atMs: Math.max(dueMs, inputs.atMs) });
          }
        }
        expect(seenLazily).toEqual(seenEagerly);
      }),
      { numRuns: 200 },
    );
  });

  it('never switches oftener than the bound, in any hour', () => {
    fc.assert(
      fc.property(someFleet, someInputs, (fleet, steps) => {
        const engine = engineOf(fleet);
        const timesMs = new Map<string, number[]>();
        for (const inputs of steps) {
          for (const { instance } of engine.evaluate(inputs)) {
            timesMs.set(instance, [...(timesMs.get(instance) ?? []), inputs.atMs]);
          }
        }
        for (const [index, { maxSwitchesPerHour }] of fleet.entries()) {
          const times = timesMs.get(`p${index}`) ?? [];
          for (const atMs of times) {
            const inHour = times.filter((each) => each <= atMs && each > atMs - 3600 * secondMs).length;
            expect(inHour).toBeLessThanOrEqual(maxSwitchesPerHour);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets nothing last longer than it was written, wherever the clock jumps', () => {
    const jumps = fc.array(fc.tuple(fc.integer({ min: -7200, max: 7200 }), someStep), { maxLength: 30 });
    fc.assert(
      fc.property(someFleet, jumps, (fleet, steps) => {
        const engine = engineOf(fleet);
        let atMs = startMs;
        for (const [bySeconds, { samples, events, users }] of steps) {
          atMs += bySeconds * secondMs;
          engine.evaluate({ atMs, samples, events, users });
          expect(overdue(engine, atMs)).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Everything remembered that lies in the future, or waits for longer than any wait here: a minute for events, an hour for switches. */
function overdue(engine: TriggerEngine, atMs: number): readonly string[] {
  const { instances } = engine.snapshot();
  return Object.entries(instances).flatMap(([instance, { since_ms, left_ms, switches_ms, leaves }]) => {
    const holds = Object.values(leaves).flatMap((leaf) => {
      if (leaf.type === 'threshold') return (leaf.since_ms ?? atMs) > atMs ? ['a run of samples'] : [];
      return typeof leaf.hold_until_ms === 'number' && leaf.hold_until_ms > atMs + 60 * secondMs ? ['an event'] : [];
    });
    const past = [since_ms, left_ms ?? atMs, ...switches_ms].filter((each) => each > atMs).map(() => 'a switch');
    const until = /until (\S+)$/.exec(engine.wishes().get(instance)?.waits ?? '')?.[1];
    const waits = until !== undefined && Date.parse(until) > atMs + 3600 * secondMs ? ['a wait'] : [];
    return [...holds, ...past, ...waits].map((what) => `${instance}: ${what}`);
  });
}

function inWholeSeconds(steps: readonly TriggerInputs[]): readonly TriggerInputs[] {
  return steps.map((step) => ({ ...step, atMs: Math.ceil(step.atMs / secondMs) * secondMs }));
}

function engineOf(fleet: readonly CompiledTriggers[], restored?: TriggerSnapshot): TriggerEngine {
  const engine = new TriggerEngine({ restored });
  engine.setCandidates(
    fleet.map((triggers, index) => ({ instance: `p${index}`, triggers })),
    startMs,
  );
  return engine;
}

function switchesOf(engine: TriggerEngine, inputs: TriggerInputs): readonly string[] {
  return engine.evaluate(inputs).map(({ instance, active }) => `${instance}:${active ? 'on' : 'off'}`);
}

function plainly(engine: TriggerEngine): Json {
  return JSON.parse(JSON.stringify(engine.snapshot())) as Json;
}
