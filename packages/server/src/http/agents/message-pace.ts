/**
 * How fast one agent is read: `limits.agentMessagesAtOnce` at once, `limits.agentMessagesPerSecond` for good.
 *
 * What an agent says is not refused, because an honest one that was away long has much to say; it is read more slowly, and waits in
 * its own memory. A large message counts as several.
 */
import { limits } from '@guise/model';
import { RateBuckets } from '../../app/rate-buckets.ts';

export class MessagePace {
  readonly #bucket = new RateBuckets(
    { perSecond: limits.agentMessagesPerSecond, atOnce: limits.agentMessagesAtOnce },
    1,
  );

  /** After a message: how long to wait before the next one is read. */
  waitMs(sizeBytes: number, nowMs: number): number {
    this.#bucket.take('', 1 + Math.floor(sizeBytes / limits.agentUnitBytes), nowMs);
    return this.#bucket.waitMs('', nowMs);
  }
}
