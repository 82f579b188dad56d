/**
 * Takes the steps of flows that are due, whichever process began them. Any number of processes may run this on one database.
 *
 * Killed before a step acted, while it acted, or before it said so: after `claimMs` another process, or the next start of
 * this one, takes the same step again. Killed after that: it takes the next one.
 */
import { limits } from '@guise/model';
import { DueWork } from '../reconcilers/due-work.ts';
import type { Database } from '../store/database.ts';
import { isDeadlock, mutate } from '../store/database.ts';
import type { FlowRow } from '../store/flows.ts';
import { claimFlows, nextDueMs, releaseClaim, renewClaim, stepTaken } from '../store/flows.ts';
import type { Listener } from '../store/listener.ts';
import type { AnyFlowKind, Taken, Turn } from './flow-kind.ts';

/** Where a test kills a process: before a step acts, after it acted, after it said so. */
export type FlowPoint = 'before' | 'acted' | 'said';

interface Parts {
  readonly database: Database;
  readonly listener: Listener;
  readonly kinds: readonly AnyFlowKind[];
  readonly onFailure: (error: unknown) => void;
  /** Default: `limits.flowClaimMs`. */
  readonly claimMs?: number;
  /** For tests: throws where this process is to die. It then does nothing more, as if it were gone. */
  readonly at?: (point: FlowPoint, kind: string, step: string) => void;
}

export interface FlowRunner {
  /** Steps that run are cut short by their signal; a later start takes them again. */
  stop(): Promise<void>;
}

export function runFlows(parts: Parts): FlowRunner {
  const runner = new Runner(parts);
  const unsubscribe = parts.listener.subscribe((signal) => {
    if (signal.type === 'flow') runner.work.look();
  });
  runner.work.look();
  return {
    stop: () => {
      unsubscribe();
      return runner.work.stop();
    },
  };
}

class Runner {
  readonly work: DueWork<FlowRow>;
  readonly #parts: Parts;
  readonly #claimMs: number;
  readonly #kinds: ReadonlyMap<string, AnyFlowKind>;
  #isDead = false;

  constructor(parts: Parts) {
    const { database, onFailure } = parts;
    this.#parts = parts;
    this.#claimMs = parts.claimMs ?? limits.flowClaimMs;
    this.#kinds = new Map(parts.kinds.map((kind) => [kind.kind, kind]));
    const kinds = [...this.#kinds.keys()];
    this.work = new DueWork({
      atOnce: limits.flowsAtOnce,
      periodMs: limits.flowPeriodMs,
      claim: (count) => claimFlows(database, kinds, { count, claimMs: this.#claimMs }),
      nextMs: () => nextDueMs(database, kinds),
      take: (row) => this.#take(row),
      onFailure,
    });
  }

  async #take(row: FlowRow): Promise<void> {
    const kind = this.#kinds.get(row.kind);
    if (kind === undefined) return;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      renewClaim(this.#parts.database, row, this.#claimMs).then(
        (ours) => {
          if (!ours) lost.abort();
        },
        // The database is away: the claim ends by itself, and with it what this step may write.
        () => undefined,
      );
    }, this.#claimMs / 3);
    const signal = AbortSignal.any([lost.signal, this.work.signal]);
    const turn: Turn<unknown> = { flowId: row.flow_id, data: row.data, attempts: row.attempts, now: row.now, signal };
    try {
      this.#reach('before', row);
      const outcome = await outcomeOf(kind, row.step, turn);
      this.#reach('acted', row);
      if (!signal.aborted) await this.#say(kind, row, outcome);
      else if (!this.#isDead) await releaseClaim(this.#parts.database, row);
      this.#reach('said', row);
    } finally {
      clearInterval(renewal);
    }
  }

  #reach(point: FlowPoint, { kind, step }: FlowRow): void {
    try {
      this.#parts.at?.(point, kind, step);
    } catch (error) {
      this.#isDead = true;
      this.work.end();
      throw error;
    }
  }

  async #say(kind: AnyFlowKind, row: FlowRow, { taken, error }: Outcome): Promise<void> {
    if (error !== undefined) this.#parts.onFailure(error);
    const ended = taken.next === 'end';
    const next = {
      step: ended ? row.step : taken.next,
      data: (taken.data ?? row.data) as FlowRow['data'],
      attempts: error === undefined ? 0 : row.attempts + 1,
      dueAt: taken.dueAt ?? null,
      ended,
    };
    const write = () =>
      mutate(this.#parts.database, kind.actor(next.data as never), async (tx) => {
        const nothing = { value: undefined, audit: null, signals: [] };
        if (!(await stepTaken(tx, row, next))) return nothing;
        const { audit, signals } = (await taken.commit?.(tx)) ?? nothing;
        return { value: undefined, audit, signals: [...signals, { type: 'flow' }] };
      });
    // Ends of steps wake other flows, so two may wait for each other; what was done need not be done again for that.
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (failure) {
        if (!isDeadlock(failure) || tries >= limits.flowWriteTries) throw failure;
      }
    }
  }
}

interface Outcome {
  readonly taken: Taken<string, unknown>;
  /** Why the step is to be tried again. */
  readonly error?: unknown;
}

async function outcomeOf(kind: AnyFlowKind, name: string, turn: Turn<unknown>): Promise<Outcome> {
  try {
    const step = kind.steps[name];
    if (step === undefined) throw new Error(`The flow ${kind.kind} has no step ${name}`);
    return { taken: await step(turn as Turn<never>) };
  } catch (error) {
    const meant = turn.signal.aborted ? null : kind.failed(name as never, turn as Turn<never>, error);
    if (meant !== null) return { taken: meant };
    const waitMs = Math.min(limits.flowRetryMinMs * 2 ** turn.attempts, limits.flowRetryMaxMs);
    return { taken: { next: name, dueAt: new Date(turn.now.getTime() + waitMs) }, error };
  }
}
