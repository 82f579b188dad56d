/**
 * How fast each sender may post events: `limits.eventsPerSecond` for good, `limits.eventsAtOnce` at once.
 *
 * A request costs one unit for each of its events, for each `limits.eventUnitBytes` of it, and for each `limits.eventHostsPerUnit`
 * messages that come of it. A sender who has any unit left may send
 * one and goes into debt by what it costs, then waits until that is paid. So a request that was read is never refused for its
 * number of events, and one that is refused was never read; its size is paid before it is read, so that many at once are not free.
 * Bounds: `limits.eventSenders` are remembered; the one not heard from longest goes first.
 * Throws: `rate_exceeded`.
 */
import { GuiseError, limits } from '@guise/model';

interface Purse {
  units: number;
  readonly atMs: number;
}

export class SenderRates {
  readonly #purses = new Map<string, Purse>();

  /** Before a request of this size is read. */
  admit(sender: string, bodyBytes: number, nowMs: number): void {
    const purse = this.#purseOf(sender, nowMs);
    if (purse.units <= 0) {
      const waitS = Math.ceil((1 - purse.units) / limits.eventsPerSecond);
      throw new GuiseError(
        'rate_exceeded',
        `Cannot take more events of "${sender}" now: ${limits.eventsPerSecond} a second are allowed; try again in ${waitS} s`,
      );
    }
    purse.units -= 1 + Math.floor(Math.min(bodyBytes, limits.eventsBodyBytes) / limits.eventUnitBytes);
  }

  /** When it was read: what it costs beyond that. */
  charge(sender: string, units: number, nowMs: number): void {
    this.#purseOf(sender, nowMs).units -= units;
  }

  #purseOf(sender: string, nowMs: number): Purse {
    const known = this.#purses.get(sender) ?? { units: limits.eventsAtOnce, atMs: nowMs };
    // A clock that went back gives nothing, and takes nothing away.
    const earned = (Math.max(0, nowMs - known.atMs) / 1000) * limits.eventsPerSecond;
    const purse = { units: Math.min(limits.eventsAtOnce, known.units + earned), atMs: nowMs };
    this.#purses.delete(sender);
    this.#purses.set(sender, purse);
    const [oldest] = this.#purses.keys();
    if (oldest !== undefined && this.#purses.size > limits.eventSenders) this.#purses.delete(oldest);
    return purse;
  }
}
