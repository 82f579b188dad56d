/**
 * Notices what somebody else changed at an address that guise manages, and does what the persona that won there says of drift.
 *
 * Looks at once when the kernel tells of a change to a managed file, and every `limits.driftPeriodMs`. `enforce` is a switch to the
 * same active set, so it makes everything right, also what another persona would only tell of; `alert` tells; `leave` does neither.
 * Two writers never fight: an address that is changed again after it was enforced waits `limits.driftRetryMinMs`, twice that, and so on
 * to `limits.driftRetryMaxMs`, and an alert says so until it rests for `limits.driftForgottenMs`.
 */
import type { Address, DriftReport } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import type { Watched } from '../host/watch-directories.ts';
import type { LinkClock } from '../link/clock.ts';
import type { AlertBook } from './alert-book.ts';
import type { Conductor } from './conductor.ts';
import { watchedPlaces } from './drift-places.ts';
import type { DriftPolicy } from './monitoring.ts';

export interface DriftGuardParts {
  readonly engine: Pick<Engine, 'drift' | 'state' | 'managed'>;
  readonly conductor: Pick<Conductor, 'isSwitching' | 'enforce' | 'candidates' | 'listen'>;
  readonly alerts: AlertBook;
  readonly clock: LinkClock;
  readonly watch: { set(watched: Watched): void; close(): void };
  readonly report: (line: string) => void;
}

interface Enforced {
  readonly times: number;
  readonly lastMs: number;
  readonly againAtMs: number;
}

const driftPrefix = 'drift:';

export class DriftGuard {
  readonly #parts: DriftGuardParts;
  readonly #enforced = new Map<Address, Enforced>();
  #isLooking = false;
  #isDue = false;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(parts: DriftGuardParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#parts.conductor.listen({ onSwitch: () => this.#afterSwitch() });
    this.#afterSwitch();
  }

  /** Something may have changed. At most one look at a time; what comes meanwhile is one more. */
  look(): void {
    this.#isDue = true;
    if (this.#isLooking || this.#closed) return;
    this.#isLooking = true;
    void this.#lookWhileDue().finally(() => {
      this.#isLooking = false;
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#parts.watch.close();
  }

  #afterSwitch(): void {
    if (this.#closed) return;
    this.#parts.watch.set(watchedPlaces(this.#parts.engine.managed()));
    this.look();
  }

  async #lookWhileDue(): Promise<void> {
    while (this.#isDue && !this.#closed) {
      this.#isDue = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        if (!(error instanceof GuiseError)) throw error;
        this.#parts.report(`could not look for drift: ${error.message}`);
      }
    }
    this.#schedule();
  }

  /** A switch changes managed addresses itself; it ends with a look. */
  async #lookOnce(): Promise<void> {
    const { engine, conductor, alerts } = this.#parts;
    if (conductor.isSwitching) return;
    const drift = await engine.drift();
    if (conductor.isSwitching) return;
    this.#forget();
    const drifted = new Set(drift.map(({ address }) => driftPrefix + address));
    const restless = new Set(
      [...this.#enforced].flatMap(([address, { times }]) => (times > 1 ? [driftPrefix + address] : [])),
    );
    alerts.clearOthers(driftPrefix, (key) => drifted.has(key) || restless.has(key));
    if (drift.length === 0) return;
    const policyOf = await this.#policies();
    const toEnforce = drift.filter((each) => this.#judge(each, policyOf(each.address)));
    if (toEnforce.length > 0) await conductor.enforce();
  }

  /** Whether it is to be enforced now. */
  #judge({ address, fields }: DriftReport, { policy, instance }: Policy): boolean {
    const key = driftPrefix + address;
    const what = `${address} is not what guise made of it: somebody else changed ${fields.join(', ')}`;
    const raise = (message: string) =>
      this.#parts.alerts.raise({ key, type: 'drift', severity: 'warning', instance, message });
    switch (policy) {
      case 'leave':
        this.#parts.alerts.clear(key);
        return false;
      case 'alert':
        raise(what);
        return false;
      case 'enforce':
        break;
    }
    const nowMs = this.#parts.clock.steadyMs();
    const last = this.#enforced.get(address);
    if (last === undefined || nowMs >= last.againAtMs) {
      const times = (last?.times ?? 0) + 1;
      const waitMs = Math.min(limits.driftRetryMaxMs, limits.driftRetryMinMs * 2 ** Math.min(times - 1, 16));
      this.#enforced.set(address, { times, lastMs: nowMs, againAtMs: nowMs + waitMs });
      raise(times === 1 ? what : `${what}, for the ${times}th time; it is made right again`);
      this.#parts.report(`${what}; making it right`);
      return true;
    }
    const waitS = Math.ceil((last.againAtMs - nowMs) / 1000);
    raise(
      `${what}, again after ${last.times} times; it is left so for ${waitS} s, because two would only fight over it`,
    );
    return false;
  }

  #forget(): void {
    const nowMs = this.#parts.clock.steadyMs();
    for (const [address, { againAtMs }] of this.#enforced)
      if (nowMs >= againAtMs + limits.driftForgottenMs) this.#enforced.delete(address);
  }

  /** Of the winner with the highest priority; what no layer claims any more is only told of. */
  async #policies(): Promise<(address: Address) => Policy> {
    const { addresses } = await this.#parts.engine.state();
    const { candidates } = this.#parts.conductor;
    const winnersOf = new Map(addresses.map(({ address, winners }) => [address, winners] as const));
    return (address) => {
      const winners = (winnersOf.get(address) ?? []).flatMap((instance) => candidates.get(instance) ?? []);
      const [first] = winners.sort((one, other) => other.layer.priority - one.layer.priority);
      return { policy: first?.monitoring.drift ?? 'alert', instance: first?.layer.instance ?? null };
    };
  }

  #schedule(): void {
    if (this.#closed) return;
    const nowMs = this.#parts.clock.steadyMs();
    const waits = [...this.#enforced.values()].map(({ againAtMs }) => againAtMs - nowMs).filter((ms) => ms > 0);
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(Math.min(limits.driftPeriodMs, ...waits), () => this.look());
  }
}

interface Policy {
  readonly policy: DriftPolicy;
  readonly instance: string | null;
}
