/**
 * Makes the host what the decisions say, one switch at a time.
 *
 * Invariants: what is wanted is looked up when a switch begins, so what came between two switches is never applied; a failure for
 * a passing reason is tried again soon; a persona whose switch is rolled back is tried again after
 * `limits.switchRetryMinMs`, twice that, and so on to `limits.switchRetryMaxMs`, and an alert says so; a set that belongs together
 * and was rolled back is not tried again before something else is wanted.
 */
import type { Layer } from '@guise/model';
import { GuiseError, limits, retryable } from '@guise/model';
import type { ApplyOptions, Engine, Outcome } from '../engine/engine.ts';
import { backoffMs } from '../link/backoff.ts';
import type { LinkClock } from '../link/clock.ts';
import type { AlertBook } from './alert-book.ts';
import type { Decision } from './decide-active.ts';
import { layerKey, setKey } from './layer-key.ts';
import { type Block, nextRetryMs, type Target, targetOf, togetherUnit } from './switch-target.ts';

export type SwitchResult =
  | { readonly type: 'done'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly error: GuiseError };

/** Idle: the host is that already, or may not be tried again yet. */
export type RequestResult = SwitchResult | { readonly type: 'idle' };

export interface SwitcherParts {
  readonly engine: Pick<Engine, 'apply'>;
  readonly clock: LinkClock;
  readonly alerts: AlertBook;
  /** Resolves once the decisions are those of what was said last. */
  readonly ready: () => Promise<unknown>;
  /** Somebody has the host alone. */
  readonly isTaken: () => boolean;
  /** As of now. */
  readonly decisions: () => readonly Decision[];
  /** Asked anew for each switch: a host that is not connected now cannot be confirmed later. */
  readonly applyOptions: () => ApplyOptions;
  /** Whether somebody else has changed the active set since it was last looked at. */
  readonly isOutdated: () => boolean;
  /** On disk before the switch begins. */
  readonly onBegin: (layers: readonly Layer[]) => void;
  /** `isWhole`: nothing that belongs together was left out. */
  readonly onResult: (result: SwitchResult, isWhole: boolean) => void;
}

const stallKey = 'switch:';

export class Switcher {
  readonly #parts: SwitcherParts;
  readonly #blocks = new Map<string, Block>();
  #active: readonly Layer[];
  #waiters: ((result: RequestResult) => void)[] = [];
  #isForced = false;
  #running: Promise<void> | null = null;
  #switching: Promise<unknown> = Promise.resolve();
  #passing = { attempts: 0, retryAtMs: Number.POSITIVE_INFINITY };
  #stalled = { attempts: 0, until: 0, key: '' };
  #closed = false;

  constructor(parts: SwitcherParts, active: readonly Layer[]) {
    this.#parts = parts;
    this.#active = active;
  }

  get active(): readonly Layer[] {
    return this.#active;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Resolves when the switch that is under way has ended, however it ended. */
  async settled(): Promise<void> {
    await this.#switching;
  }

  /** Somebody else changed the active set. */
  noticed(active: readonly Layer[]): void {
    this.#active = active;
    this.forgive();
  }

  /** Whatever failed before may be tried again at once. */
  forgive(): void {
    this.#blocks.clear();
    this.#stalled = { attempts: 0, until: 0, key: '' };
    this.#parts.alerts.clearOthers(stallKey, () => false);
  }

  /** `forced`: looks at the host even when the active set is the wanted one already. Resolves after the next switch. */
  request(forced: boolean): Promise<RequestResult> {
    const { promise, resolve } = Promise.withResolvers<RequestResult>();
    this.#waiters.push(resolve);
    this.#isForced ||= forced;
    if (this.#running === null) this.#running = this.#run().finally(() => (this.#running = null));
    return promise;
  }

  /** When time alone makes a `request` worth while, by the clock that never jumps; null when never. */
  nextDueMs(): number | null {
    const times = [
      nextRetryMs(this.#parts.decisions(), this.#blocks) ?? Number.POSITIVE_INFINITY,
      this.#passing.retryAtMs,
      this.#stalled.attempts > 0 ? this.#stalled.until : Number.POSITIVE_INFINITY,
    ];
    const first = Math.min(...times);
    return Number.isFinite(first) ? first : null;
  }

  /** Finishes the switch that is running. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      // At least a turn later, so that what is asked for in one go is one switch.
      await this.#parts.ready();
      // Since then, and before this goes on: from here to the switch nothing else runs.
      if (this.#parts.isTaken()) continue;
      const waiters = this.#waiters;
      const isForced = this.#isForced || this.#passing.attempts > 0;
      this.#waiters = [];
      this.#isForced = false;
      const switching = this.#closed ? Promise.resolve({ type: 'idle' } as const) : this.#switch(isForced);
      this.#switching = switching.catch(() => undefined);
      const result = await switching;
      for (const resolve of waiters) resolve(result);
    }
  }

  async #switch(isForced: boolean): Promise<RequestResult> {
    const nowMs = this.#parts.clock.steadyMs();
    const decisions = this.#parts.decisions();
    const target = targetOf({
      decisions,
      active: this.#active,
      blocks: this.#blocks,
      nowMs,
      wallMs: this.#parts.clock.nowMs(),
    });
    const key = setKey(target.layers);
    if (!isForced && key === setKey(this.#active)) return { type: 'idle' };
    if (!isForced && key === this.#stalled.key && nowMs < this.#stalled.until) return { type: 'idle' };
    this.#passing.retryAtMs = Number.POSITIVE_INFINITY;
    this.#parts.onBegin(target.layers);
    const result = await this.#apply(target.layers, isForced);
    const failure = failureOf(result);
    if (failure === null) this.#succeeded(target);
    else this.#failed(target, key, failure);
    this.#parts.onResult(result, this.#isWhole(target, failure));
    // What failed together is tried one by one.
    const retryAtMs = nextRetryMs(this.#parts.decisions(), this.#blocks) ?? Number.POSITIVE_INFINITY;
    if (retryAtMs <= this.#parts.clock.steadyMs()) void this.request(false);
    return result;
  }

  /** A person's word and the control plane's are newer than whatever somebody else did; what triggers ask for is not. */
  async #apply(layers: readonly Layer[], isForced: boolean): Promise<SwitchResult> {
    const { engine, applyOptions, isOutdated } = this.#parts;
    try {
      const options = isForced ? applyOptions() : { ...applyOptions(), isOutdated };
      return { type: 'done', outcome: await engine.apply(layers, options) };
    } catch (error) {
      if (error instanceof GuiseError) return { type: 'failed', error };
      throw error;
    }
  }

  #succeeded({ layers }: Target): void {
    this.#active = layers;
    this.#passing.attempts = 0;
    this.#stalled = { attempts: 0, until: 0, key: '' };
    this.#parts.alerts.clear(stallKey);
    for (const layer of layers) {
      this.#blocks.delete(layerKey(layer));
      this.#parts.alerts.clear(stallKey + layer.instance);
    }
  }

  #failed({ layers, arriving }: Target, key: string, failure: Failure): void {
    const nowMs = this.#parts.clock.steadyMs();
    if (failure.isPassing) {
      this.#passing.retryAtMs = nowMs + backoffMs(this.#passing.attempts, this.#parts.clock.random);
      this.#passing.attempts += 1;
      return;
    }
    this.#passing.attempts = 0;
    const units = new Set(arriving.values());
    if (units.size === 0 || failure.isStuck) {
      this.#stall(key, failure.reason, nowMs);
      return;
    }
    for (const layer of layers) {
      const unit = arriving.get(layerKey(layer));
      if (unit !== undefined) this.#block(layer, unit, failure.reason, units.size === 1, nowMs);
    }
  }

  /** `alone`: it is to blame. Otherwise it is tried alone at once, to find out. */
  #block(layer: Layer, unit: string, reason: string, alone: boolean, nowMs: number): void {
    const key = layerKey(layer);
    const attempts = (this.#blocks.get(key)?.attempts ?? 0) + (alone ? 1 : 0);
    const lasts = unit === togetherUnit ? Number.POSITIVE_INFINITY : retryAfterMs(attempts);
    const retryAtMs = alone ? nowMs + lasts : nowMs;
    this.#blocks.set(key, { instance: layer.instance, unit, attempts, retryAtMs, reason });
    if (!alone) return;
    const next = Number.isFinite(retryAtMs) ? `tried again at ${this.#timeOf(retryAtMs)}` : 'not tried again';
    this.#parts.alerts.raise({
      key: stallKey + layer.instance,
      type: 'trigger',
      severity: 'warning',
      instance: layer.instance,
      message: `"${layer.instance}" could not be activated, ${attempts} times so far, and is ${next}: ${reason}`,
    });
  }

  #stall(key: string, reason: string, nowMs: number): void {
    const attempts = this.#stalled.attempts + 1;
    const until = nowMs + retryAfterMs(attempts);
    this.#stalled = { attempts, until, key };
    this.#parts.alerts.raise({
      key: stallKey,
      type: 'trigger',
      severity: 'warning',
      instance: null,
      message: `This host could not switch, ${attempts} times so far, and tries again at ${this.#timeOf(until)}: ${reason}`,
    });
  }

  #timeOf(steadyMs: number): string {
    const { clock } = this.#parts;
    return new Date(clock.nowMs() + steadyMs - clock.steadyMs()).toISOString();
  }

  #isWhole({ arriving }: Target, failure: Failure | null): boolean {
    if (failure !== null) return failure.isPassing || new Set(arriving.values()).size <= 1;
    return ![...this.#blocks.values()].some(({ unit }) => unit === togetherUnit);
  }
}

interface Failure {
  readonly isPassing: boolean;
  readonly isStuck: boolean;
  readonly reason: string;
}

function failureOf(result: SwitchResult): Failure | null {
  if (result.type === 'failed') {
    const { kind, code, message } = result.error;
    return { isPassing: retryable(kind), isStuck: code === 'undo_failed', reason: message };
  }
  const { outcome } = result;
  switch (outcome.type) {
    case 'unchanged':
    case 'committed':
      return null;
    case 'rolled_back':
    case 'stuck': {
      const reason = outcome.transaction.error?.message ?? 'the switch was undone';
      return { isPassing: false, isStuck: outcome.type === 'stuck', reason };
    }
  }
}

function retryAfterMs(attempts: number): number {
  return Math.min(limits.switchRetryMaxMs, limits.switchRetryMinMs * 2 ** Math.min(attempts - 1, 16));
}
