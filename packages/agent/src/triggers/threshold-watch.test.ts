import { describe, expect, it } from 'vitest';
import { AlertBook } from './alert-book.ts';
import { type Threshold, ThresholdWatch } from './threshold-watch.ts';

const memory: Threshold = {
  key: 'threshold:web:memory_utilization:0',
  instance: 'web',
  metric: 'memory_utilization',
  comparison: 'above',
  value: 0.9,
  forMs: 60_000,
  severity: 'page',
};

/** What is raised after each sample; null: there is none. A minute passes with every second one. */
function watching(threshold: Threshold, ...values: readonly (number | null)[]): readonly boolean[] {
  const alerts = new AlertBook(
    () => 0,
    () => undefined,
  );
  const watch = new ThresholdWatch(alerts);
  watch.set([threshold]);
  return values.map((value, index) => {
    const samples = value === null ? [] : [[threshold.metric, { value, takenMs: 0 }] as const];
    watch.evaluate(new Map(samples), index * 30_000);
    return alerts.has(threshold.key);
  });
}

describe('a threshold', () => {
  it('alerts once it has been past for as long as it says, and no longer', () => {
    expect(watching(memory, 0.95, 0.95, 0.95, 0.95, 0.9)).toEqual([false, false, true, true, false]);
    expect(watching({ ...memory, forMs: 0 }, 0.95, 0.5)).toEqual([true, false]);
    expect(watching({ ...memory, comparison: 'below', forMs: 0 }, 0.95, 0.5)).toEqual([false, true]);
  });

  it('begins anew after a sample on the right side, and after none', () => {
    expect(watching(memory, 0.95, 0.95, 0.5, 0.95, 0.95, 0.95)).toEqual([false, false, false, false, false, true]);
    expect(watching(memory, 0.95, 0.95, null, 0.95, 0.95, 0.95)).toEqual([false, false, false, false, false, true]);
  });

  it('stays past while nothing is known', () => {
    expect(watching({ ...memory, forMs: 0 }, 0.95, null, null, 0.5)).toEqual([true, true, true, false]);
  });

  it('says what it saw, and takes its alert along when it goes', () => {
    const alerts = new AlertBook(
      () => 0,
      () => undefined,
    );
    const watch = new ThresholdWatch(alerts);
    watch.set([memory]);
    const samples = new Map([['memory_utilization', { value: 0.954321, takenMs: 0 }]]);
    watch.evaluate(samples, 0);
    watch.evaluate(samples, 60_000);
    expect(alerts.lasting()).toMatchObject([
      { type: 'threshold', severity: 'page', message: 'memory_utilization is above 0.9 for 60 s: 0.9543' },
    ]);
    watch.set([]);
    expect(alerts.lasting()).toEqual([]);
  });
});
