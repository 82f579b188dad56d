/** Questions on one connection that wait for their answers. Each ends exactly once: answered, refused, late, or cut off. */
import { randomUUID } from 'node:crypto';
import type { Ask } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import { askTimeoutMs, noAnswer } from '../../app/ask-timeout.ts';

export type Settlement = { readonly answer: unknown } | { readonly error: GuiseError };

export class PendingAsks {
  readonly #waiting = new Map<string, (settlement: Settlement) => void>();

  get size(): number {
    return this.#waiting.size;
  }

  open(hostId: HostId, question: Ask): { readonly id: string; readonly answer: Promise<unknown> } {
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.settle(id, { error: noAnswer(hostId, question) });
    }, askTimeoutMs(question));
    this.#waiting.set(id, (settlement) => {
      clearTimeout(timer);
      if ('error' in settlement) reject(settlement.error);
      else resolve(settlement.answer);
    });
    return { id, answer: promise };
  }

  /** An answer that nobody waits for any more is dropped. */
  settle(id: string, settlement: Settlement): void {
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiter?.(settlement);
  }

  failAll(hostId: HostId): void {
    const error = new GuiseError('host_unavailable', `The connection of "${hostId}" ended before it answered`);
    for (const id of this.#waiting.keys()) this.settle(id, { error });
  }
}
