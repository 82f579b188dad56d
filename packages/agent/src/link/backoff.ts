/**
 * How long to wait before trying again: exponential from `limits.reconnectMinMs` to `limits.reconnectMaxMs`, with full jitter,
 * so that ten thousand agents that lost their server do not come back in step.
 *
 * Shape: attempt 0, 1, 2, … → ms, at least half of `reconnectMinMs`.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
import { limits } from '@guise/model';

/** Doubling more often than this passes the maximum by far. */
const doublingsMax = 16;

export function backoffMs(attempt: number, random: () => number): number {
  const ceilingMs = Math.min(limits.reconnectMaxMs, limits.reconnectMinMs * 2 ** Math.min(attempt, doublingsMax));
  const floorMs = limits.reconnectMinMs / 2;
  return Math.round(floorMs + random() * (ceilingMs - floorMs));
}

/** A period that no two agents keep in step: between 0.8 and 1.2 of it. */
export function jitteredMs(periodMs: number, random: () => number): number {
  return Math.round(periodMs * (0.8 + 0.4 * random()));
}
