import { GuiseError, limits } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SenderRates } from './sender-rates.ts';

/** Posts until refused; how many events were taken. */
function flood(rates: SenderRates, sender: string, eventsEach: number, nowMs: number): number {
  for (let taken = 0; ; taken += eventsEach) {
    if (!isAdmitted(rates, sender, nowMs)) return taken;
    rates.charge(sender, eventsEach - 1, nowMs);
  }
}

function isAdmitted(rates: SenderRates, sender: string, nowMs: number): boolean {
  try {
    rates.admit(sender, 100, nowMs);
    return true;
  } catch (error) {
    if (error instanceof GuiseError && error.code === 'rate_exceeded') return false;
    throw error;
  }
}

describe('SenderRates', () => {
  it('take a burst, then what a second allows, of each sender apart', () => {
    const rates = new SenderRates();
    expect(flood(rates, 'ci', 1, 0)).toBe(limits.eventsAtOnce);
    expect(flood(rates, 'ci', 1, 1000)).toBe(limits.eventsPerSecond);
    expect(flood(rates, 'siem', 1, 1000)).toBe(limits.eventsAtOnce);
  });

  it('let a request go into debt, which is paid before the next', () => {
    const rates = new SenderRates();
    expect(flood(rates, 'ci', limits.eventsPerRequest, 0)).toBe(limits.eventsAtOnce);
    rates.admit('ci', 100, 10);
    rates.charge('ci', limits.eventsPerRequest - 1, 10);
    expect(() => rates.admit('ci', 100, 1000)).toThrow('try again in 5 s');
    rates.admit('ci', 100, 6000);
  });

  it('count a large body as several events, and none as more than may be sent', () => {
    const rates = new SenderRates();
    const large = 1 + limits.eventsBodyBytes / limits.eventUnitBytes;
    let taken = 0;
    expect(() => {
      for (; ; taken += 1) rates.admit('ci', 10 * 1024 * 1024, 0);
    }).toThrow('try again');
    expect(taken).toBe(Math.ceil(limits.eventsAtOnce / large));
  });

  it('keep a million events in a minute to the rate, whatever the clock does', () => {
    const step = fc.record({ ms: fc.integer({ min: -5_000, max: 5_000 }), events: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const rates = new SenderRates();
        let nowMs = 0;
        let forwardMs = 0;
        let taken = 0;
        for (const { ms, events } of steps) {
          nowMs += ms;
          forwardMs += Math.max(0, ms);
          taken += flood(rates, 'ci', events, nowMs);
        }
        const allowed = limits.eventsAtOnce + (forwardMs / 1000) * limits.eventsPerSecond + limits.eventsPerRequest;
        expect(taken).toBeLessThanOrEqual(allowed);
      }),
    );
  });

  it('remember a bounded number of senders', () => {
    const rates = new SenderRates();
    flood(rates, 'first', 1, 0);
    for (let index = 0; index < limits.eventSenders; index += 1) rates.admit(`other-${index}`, 0, 0);
    expect(flood(rates, 'first', 1, 0)).toBe(limits.eventsAtOnce);
  });
});
