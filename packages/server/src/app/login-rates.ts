/**
 * How fast each address may take steps of logins, since nobody else is known yet: `limits.loginsPerMinute` for good,
 * `limits.loginsAtOnce` at once. `limits.loginAddresses` are remembered; the one not heard from longest goes first.
 *
 * Throws: `rate_exceeded`.
 */
import { GuiseError, limits } from '@guise/model';

export class LoginRates {
  readonly #left = new Map<string, { readonly steps: number; readonly atMs: number }>();

  admit(address: string, nowMs: number): void {
    const known = this.#left.get(address) ?? { steps: limits.loginsAtOnce, atMs: nowMs };
    const earned = (Math.max(0, nowMs - known.atMs) / 60_000) * limits.loginsPerMinute;
    const steps = Math.min(limits.loginsAtOnce, known.steps + earned);
    this.#left.delete(address);
    this.#left.set(address, { steps: Math.max(0, steps - 1), atMs: nowMs });
    const [oldest] = this.#left.keys();
    if (oldest !== undefined && this.#left.size > limits.loginAddresses) this.#left.delete(oldest);
    if (steps < 1) {
      throw new GuiseError(
        'rate_exceeded',
        `Cannot log in so often: ${limits.loginsPerMinute} steps a minute are allowed`,
      );
    }
  }
}
