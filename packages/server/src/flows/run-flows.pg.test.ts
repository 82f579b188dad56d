/** Flows outlive the processes that take their steps: two runners on one database stand for two processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listAudit } from '../store/audit.ts';
import { insertFlow, wakeFlow } from '../store/flows.ts';
import { type Listener, openListener } from '../store/listener.ts';
import { sendSignals } from '../store/signal.ts';
import { TestDatabase } from '../store/test-database.ts';
import type { FlowKind, Taken, Turn } from './flow-kind.ts';
import { type FlowPoint, type FlowRunner, runFlows } from './run-flows.ts';

type Step = 'first' | 'second' | 'third';
type Data = { readonly done: readonly string[] };

const test = new TestDatabase();
const claimMs = 300;
let listener: Listener;
let runners: FlowRunner[] = [];
let failures: unknown[] = [];
/** What the world outside has seen, in order. */
let acted: string[] = [];

beforeAll(async () => {
  await test.start();
  listener = await openListener(test.url, () => undefined);
});
afterAll(async () => {
  await listener.close();
  await test.stop();
});
beforeEach(() => {
  [runners, failures, acted] = [[], [], []];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

const record =
  (name: Step, next: Step | 'end') =>
  async (turn: Turn<Data>): Promise<Taken<Step, Data>> => {
    acted.push(name);
    return {
      next,
      data: { done: [...turn.data.done, name] },
      commit: async () => ({
        audit: { action: 'flow:test', resource: `flow/${turn.flowId}`, detail: name },
        signals: [],
      }),
    };
  };

const threeSteps: FlowKind<Step, Data>['steps'] = {
  first: record('first', 'second'),
  second: record('second', 'third'),
  third: record('third', 'end'),
};

function run(steps = threeSteps, more: Partial<Parameters<typeof runFlows>[0]> = {}): FlowRunner {
  const kind: FlowKind<Step, Data> = { kind: 'test', actor: () => 'test', steps, failed: () => null };
  const onFailure = (error: unknown) => failures.push(error);
  const runner = runFlows({ database: test.database, listener, kinds: [kind], onFailure, claimMs, ...more });
  runners.push(runner);
  return runner;
}

function begin(): Promise<string> {
  return test.database.transaction().execute(async (tx) => {
    const flowId = await insertFlow(tx, 'test', 'first', { done: [] });
    await sendSignals(tx, [{ type: 'flow' }]);
    return flowId;
  });
}

const rowOf = (flowId: string) =>
  test.database.selectFrom('flows').selectAll().where('flow_id', '=', flowId).executeTakeFirstOrThrow();

async function ended(flowId: string) {
  return vi.waitFor(
    async () => {
      const row = await rowOf(flowId);
      expect(row.ended_at).not.toBeNull();
      return row;
    },
    { timeout: 10_000, interval: 20 },
  );
}

async function audited(flowId: string): Promise<readonly unknown[]> {
  const { items } = await listAudit(test.database, { resource: `flow/${flowId}`, limit: 100 });
  return items.map(({ detail }) => detail).toReversed();
}

describe('a flow', () => {
  it('takes its steps in order, each with its audit entry, and ends', async () => {
    run();
    const flowId = await begin();
    expect((await ended(flowId)).data).toEqual({ done: ['first', 'second', 'third'] });
    expect(await audited(flowId)).toEqual(['first', 'second', 'third']);
    expect(acted).toEqual(['first', 'second', 'third']);
  });

  it('is one process at a time, of several that look', async () => {
    run();
    run();
    run();
    const flowIds = await Promise.all(Array.from({ length: 20 }, begin));
    for (const flowId of flowIds) expect(await audited((await ended(flowId)).flow_id)).toHaveLength(3);
    expect(acted).toHaveLength(60);
  });

  it('goes on when it is woken, also when that happens while its step runs', async () => {
    let isOpen = false;
    let looks = 0;
    const looking = Promise.withResolvers<void>();
    const woken = Promise.withResolvers<void>();
    run({
      ...threeSteps,
      second: async (turn) => {
        looks += 1;
        if (isOpen) return threeSteps.second(turn);
        looking.resolve();
        await woken.promise;
        return { next: 'second', dueAt: new Date(turn.now.getTime() + 3_600_000) };
      },
    });
    const flowId = await begin();
    await looking.promise;
    isOpen = true;
    await test.database.transaction().execute((tx) => wakeFlow(tx, flowId));
    woken.resolve();
    await ended(flowId);
    expect(looks).toBe(2);
  });

  it('tries a step again that failed, later each time, and tells why', async () => {
    let tries = 0;
    const attempts: number[] = [];
    run({
      ...threeSteps,
      second: async (turn) => {
        tries += 1;
        attempts.push(turn.attempts);
        if (tries < 3) throw new Error(`try ${tries}`);
        return threeSteps.second(turn);
      },
    });
    await ended(await begin());
    expect(attempts).toEqual([0, 1, 2]);
    expect(failures).toEqual([new Error('try 1'), new Error('try 2')]);
  });

  it.each(
    (['first', 'second', 'third'] as const).flatMap((step) =>
      (['before', 'acted', 'said'] as const).map((point) => [step, point] as const),
    ),
  )('goes on in another process when the first is killed at %s, %s', async (step, point) => {
    const killed = (reached: FlowPoint, _kind: string, name: string) => {
      if (reached === point && name === step) throw new Error('killed');
    };
    run(threeSteps, { at: killed });
    const flowId = await begin();
    await vi.waitFor(() => expect(failures).toEqual([new Error('killed')]), { timeout: 5000 });
    run();
    expect((await ended(flowId)).data).toEqual({ done: ['first', 'second', 'third'] });
    // Said once, acted at least once.
    expect(await audited(flowId)).toEqual(['first', 'second', 'third']);
    expect([...new Set(acted)]).toEqual(['first', 'second', 'third']);
  });

  it('does not act again when its end and that of another wait for each other', async () => {
    const flowIds: string[] = [];
    let locked = 0;
    const bothLocked = Promise.withResolvers<void>();
    run({
      ...threeSteps,
      first: async (turn) => ({
        ...(await threeSteps.first(turn)),
        commit: async (tx) => {
          locked += 1;
          if (locked === 2) bothLocked.resolve();
          await bothLocked.promise;
          for (const flowId of flowIds) if (flowId !== turn.flowId) await wakeFlow(tx, flowId);
          return { audit: null, signals: [] };
        },
      }),
    });
    await test.database.transaction().execute(async (tx) => {
      for (const _ of [1, 2]) flowIds.push(await insertFlow(tx, 'test', 'first', { done: [] }));
      await sendSignals(tx, [{ type: 'flow' }]);
    });
    for (const flowId of flowIds) await ended(flowId);
    expect(acted.filter((step) => step === 'first')).toHaveLength(2);
    expect(locked).toBeGreaterThan(2);
    expect(failures).toEqual([]);
  });

  it('is left in good order by a process that ends, and taken up by another at once', async () => {
    const inside = Promise.withResolvers<void>();
    const runner = run(
      {
        ...threeSteps,
        second: async ({ signal }) => {
          inside.resolve();
          await sleep(60_000, undefined, { signal });
          return { next: 'third' };
        },
      },
      { claimMs: 60_000 },
    );
    const flowId = await begin();
    await inside.promise;
    await runner.stop();
    run();
    await ended(flowId);
    expect(await audited(flowId)).toEqual(['first', 'second', 'third']);
  });

  it('writes nothing for a process that was only slow', async () => {
    const inside = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    let isFirst = true;
    const slow = run({
      ...threeSteps,
      second: async (turn) => {
        if (!isFirst) return threeSteps.second(turn);
        isFirst = false;
        inside.resolve();
        await free.promise;
        return { ...(await threeSteps.second(turn)), data: { done: ['of the slow one'] } };
      },
    });
    const flowId = await begin();
    await inside.promise;
    // As if this process had been stopped for longer than its claim.
    await sql`update flows set claimed_until = now() - interval '1 s', claim = claim + 1 where flow_id = ${flowId}`.execute(
      test.database,
    );
    run();
    await ended(flowId);
    free.resolve();
    await slow.stop();
    expect((await rowOf(flowId)).data).toEqual({ done: ['first', 'second', 'third'] });
    expect(await audited(flowId)).toEqual(['first', 'second', 'third']);
  });
});
