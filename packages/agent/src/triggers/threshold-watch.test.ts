import { parseDocument } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';
import { AlertBook } from './alert-book.ts';
import { monitoringOf } from './monitoring.ts';
import { type Threshold, ThresholdWatch } from './threshold-watch.ts';

const memory: Threshold = {
  key: 'threshold:web:memory_utilization:0',
  type: 'threshold',
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

  it('goes on waiting after no sample, when it is a goal', () => {
    const goal: Threshold = { ...memory, type: 'goal' };
    expect(watching(goal, 0.95, null, 0.95, 0.5, 0.95, null)).toEqual([false, false, true, false, false, false]);
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

  it('that is a goal is missed in other words, each way, and goes as it came', () => {
    const alerts = new AlertBook(
      () => 0,
      () => undefined,
    );
    const watch = new ThresholdWatch(alerts);
    const document = (text: string) => parseDocument(`guise: persona/v1\npersona_id: web\n${text}`, 'web.yaml');
    const { thresholds } = monitoringOf('web-1', [
      document('performance_metrics: {queue_length: {at_most: 1}, cpu: {at_least: 0.1}}'),
      document('performance_metrics: {queue_length: {at_most: 50}}'),
    ]);
    watch.set(thresholds);
    const at = (steadyMs: number, queue: number, cpu: number) => {
      const sample = (value: number) => ({ value, takenMs: 0 });
      watch.evaluate(
        new Map([
          ['queue_length', sample(queue)],
          ['cpu_utilization', sample(cpu)],
        ]),
        steadyMs,
      );
      return alerts.lasting().map(({ type, key, message }) => `${type} ${key}: ${message}`);
    };
    expect(at(0, 80, 0.5)).toEqual([]);
    expect(at(20_000, 80, 0.5)).toEqual([]);
    expect(at(30_000, 90, 0.05)).toEqual([
      'goal goal:web-1:queue_length:at_most: queue_length misses its goal for 30 s: it is 90, and is to be at most 50',
    ]);
    expect(at(60_000, 50, 0.05)).toEqual([
      'goal goal:web-1:cpu_utilization:at_least: cpu_utilization misses its goal for 30 s: it is 0.05, and is to be at least 0.1',
    ]);
    watch.set([]);
    expect(alerts.lasting()).toEqual([]);
  });
});
