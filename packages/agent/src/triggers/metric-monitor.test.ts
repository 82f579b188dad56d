import { describe, expect, it } from 'vitest';
import type { ExternalReading } from '../host/metrics/external-metric.ts';
import { ManualClock } from '../link/manual-clock.ts';
import { MetricMonitor, type MetricNeed } from './metric-monitor.ts';

const built = (name: string, everyMs: number): MetricNeed => ({ name, everyMs, from: null });
const queue: MetricNeed = { name: 'queue', everyMs: 5_000, from: { type: 'file', path: '/q', pattern: '.*' } };

function openMonitor() {
  const clock = new ManualClock('2026-11-25T10:00:00Z');
  const asked: string[] = [];
  const troubles: [string, string | null][] = [];
  const host = {
    values: new Map([['cpu', 0.5]]),
    external: Promise.resolve({ ok: true, value: 7 } as ExternalReading),
  };
  const looks = { count: 0 };
  const monitor = new MetricMonitor({
    clock,
    port: {
      sample: (names) => {
        const wanted = [...names];
        asked.push(wanted.join());
        return new Map([...host.values].filter(([name]) => wanted.includes(name)));
      },
      external: () => {
        asked.push('external');
        return host.external;
      },
    },
    onSamples: () => {
      looks.count += 1;
    },
    onTrouble: (name, reason) => troubles.push([name, reason]),
  });
  const fresh = () => Object.fromEntries([...monitor.fresh()].map(([name, { value }]) => [name, value]));
  return { clock, asked, troubles, host, looks, monitor, fresh };
}

describe('metrics that are needed', () => {
  it('are read at their own intervals, together when they are due together, and no others', async () => {
    const { clock, asked, monitor, looks } = openMonitor();
    monitor.need([built('cpu', 1_000), built('load', 2_000), built('cpu', 10_000)]);
    await clock.advance(4_500);
    expect(asked).toEqual(['cpu,load', 'cpu', 'cpu,load', 'cpu', 'cpu,load']);
    expect(looks.count).toBe(5);
    monitor.need([]);
    await clock.advance(10_000);
    expect(asked).toHaveLength(5);
  });

  it('are unknown once their last sample is old, and when nothing needs them any more', async () => {
    const { clock, host, monitor, fresh } = openMonitor();
    monitor.need([built('cpu', 1_000)]);
    await clock.advance(0);
    expect(fresh()).toEqual({ cpu: 0.5 });
    host.values.clear();
    await clock.advance(2_400);
    expect(fresh()).toEqual({ cpu: 0.5 });
    await clock.advance(200);
    expect(fresh()).toEqual({});
    host.values.set('cpu', 0.1);
    await clock.advance(1_000);
    expect(fresh()).toEqual({ cpu: 0.1 });
    monitor.need([]);
    expect(fresh()).toEqual({});
  });

  it('keep what is known when the time of day jumps', async () => {
    const { clock, monitor, fresh } = openMonitor();
    monitor.need([built('cpu', 1_000)]);
    await clock.advance(0);
    clock.jump(86_400_000);
    expect(fresh()).toEqual({ cpu: 0.5 });
    clock.jump(-2 * 86_400_000);
    expect(fresh()).toEqual({ cpu: 0.5 });
  });

  it('of a source that hangs are asked for once, and cost the others nothing', async () => {
    const { clock, asked, host, monitor, fresh } = openMonitor();
    host.external = new Promise(() => undefined);
    monitor.need([queue, built('cpu', 1_000)]);
    await clock.advance(60_000);
    expect(asked.filter((each) => each === 'external')).toHaveLength(1);
    expect(fresh()).toEqual({ cpu: 0.5 });
  });

  it('of a source that fails are told with the reason, until it answers', async () => {
    const { clock, troubles, host, monitor, fresh } = openMonitor();
    host.external = Promise.resolve({ ok: false, reason: 'ENOENT' });
    monitor.need([queue]);
    await clock.advance(1_000);
    host.external = Promise.resolve({ ok: true, value: 7 });
    await clock.advance(5_000);
    await Promise.resolve();
    expect(troubles).toEqual([
      ['queue', 'ENOENT'],
      ['queue', null],
    ]);
    expect(fresh()).toEqual({ queue: 7 });
  });
});
