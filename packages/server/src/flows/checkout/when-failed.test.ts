/** What a failure means, by step and by kind. */
import { GuiseError } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { CheckoutStep } from './checkout-step.ts';
import { whenFailed } from './when-failed.ts';

const now = new Date('2026-01-01T12:00:00Z');
const longAgo = '2026-01-01T00:00:00Z';
const justNow = '2026-01-01T11:59:59Z';

function meaning(step: CheckoutStep, error: unknown, { attempts = 0, since = justNow } = {}) {
  const data = { checkout_id: 'c', holder: 'alice', since, warned_ms: null };
  const signal = new AbortController().signal;
  return whenFailed(step, { flowId: 'f', data, attempts, now, signal }, error)?.to ?? 'again';
}

const away = new GuiseError('host_unavailable', 'away');
const broken = new GuiseError('provider_failed', 'broken');
const gone = new GuiseError('snapshot_not_found', 'gone');
const bug = new TypeError('a bug');

describe('a failure', () => {
  it.each([
    ['checking', 'restoring'],
    ['draining', 'restoring'],
    ['snapshotting', 'restoring'],
    ['preparing', 'reverting'],
    ['applying', 'reverting'],
    ['testing', 'reverting'],
    ['reverting', 'quarantined'],
    ['verifying', 'quarantined'],
  ] as const)('for good at %s leads to %s', (step, to) => {
    expect(meaning(step, gone)).toBe(to);
    expect(meaning(step, broken, { attempts: 2 })).toBe(to);
    expect(meaning(step, bug, { attempts: 2 })).toBe(to);
    expect(meaning(step, away, { since: longAgo })).toBe(to);
  });

  it('that passes is waited for, however often; one that may last is tried a few times', () => {
    expect(meaning('reverting', away, { attempts: 50 })).toBe('again');
    expect([0, 1, 2].map((attempts) => meaning('reverting', broken, { attempts }))).toEqual([
      'again',
      'again',
      'quarantined',
    ]);
    expect(meaning('reverting', bug)).toBe('again');
  });

  it.each(['waiting', 'booked', 'out', 'restoring', 'quarantined'] as const)('at %s is tried for ever', (step) => {
    for (const error of [away, broken, gone, bug])
      expect(meaning(step, error, { attempts: 99, since: longAgo })).toBe('again');
  });

  it('of somebody who has the host no more ends it at once', () => {
    expect(meaning('snapshotting', new GuiseError('lease_lost', 'another has it'))).toBe('restoring');
  });
});
