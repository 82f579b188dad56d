/**
 * Reads built-in metrics from this machine, without a child process and without waiting.
 *
 * A rate needs two looks, so the first gives no sample of it; a counter that fell (a device was replaced, a unit restarted) begins
 * anew. What the host does not say is absent from the answer, never zero.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { limits } from '@guise/model';
import { type CgroupLimits, cgroupLimits } from '../cgroup-limits.ts';
import { builtInMetrics, type Moment, parseMetricName, type Reading } from './built-in-metrics.ts';
import { type CgroupTrees, cgroupTrees } from './cgroup-usage.ts';
import { DiskUsage } from './disk-usage.ts';

export interface MetricSource {
  /** Null when it is not there or cannot be read. */
  readText(path: string): string | null;
  /** Empty when it is not there. */
  list(path: string): readonly string[];
  diskUtilization(mountPoint: string): number | null;
  readonly cores: number;
}

/** Two looks closer than this say nothing about a rate: clocks tick every 10 ms. */
const rateMinMs = 90;

interface Count {
  readonly count: number;
  readonly of: number;
  readonly atMs: number;
  readonly rate: number | null;
}

export class MetricSampler {
  readonly #source: MetricSource;
  readonly #counts = new Map<string, Count>();
  #bounds: { readonly limits: CgroupLimits; readonly trees: CgroupTrees; readonly isContainer: boolean } | null = null;

  constructor(source: MetricSource) {
    this.#source = source;
  }

  /** `atMs` is of a clock that never jumps. Names that are no built-in metric have no sample. */
  sample(names: Iterable<string>, atMs: number): ReadonlyMap<string, number> {
    const moment = this.#momentAt(atMs);
    const samples = new Map<string, number>();
    for (const name of names) {
      const parsed = parseMetricName(name);
      const reading = builtInMetrics[parsed.base]?.(moment, parsed) ?? null;
      const value = this.#valueOf(name, reading, atMs);
      if (value !== null && Number.isFinite(value)) samples.set(name, value);
    }
    return samples;
  }

  #valueOf(name: string, reading: Reading | null, atMs: number): number | null {
    if (reading === null) this.#counts.delete(name);
    if (reading === null || typeof reading === 'number') return reading;
    const last = this.#counts.get(name);
    if (last !== undefined && atMs - last.atMs < rateMinMs) return last.rate;
    const [grown, over] = last === undefined ? [0, 0] : [reading.count - last.count, reading.of - last.of];
    const rate = grown >= 0 && over > 0 ? grown / over : null;
    this.#counts.set(name, { ...reading, atMs, rate });
    this.#forgetOldest();
    return rate;
  }

  #forgetOldest(): void {
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined && this.#counts.size > limits.metricsPerHost) this.#counts.delete(oldest);
  }

  #momentAt(atMs: number): Moment {
    const texts = new Map<string, string | null>();
    const readText = (path: string): string | null => {
      const known = texts.get(path);
      if (known !== undefined) return known;
      const text = this.#source.readText(path);
      texts.set(path, text);
      return text;
    };
    this.#bounds ??= {
      limits: cgroupLimits({ readText }),
      trees: cgroupTrees({ readText, list: this.#source.list }),
      isContainer: readText('/run/systemd/container') !== null,
    };
    const { trees, isContainer, limits: bounds } = this.#bounds;
    return {
      atMs,
      readText,
      list: (path) => this.#source.list(path),
      trees,
      isContainer,
      cores: Math.min(this.#source.cores, bounds.cpuCores),
      memoryLimitBytes: bounds.memoryBytes,
      diskUtilization: (mountPoint) => this.#source.diskUtilization(mountPoint),
    };
  }
}

/** This machine. */
export function localMetricSource(): MetricSource {
  const disks = new DiskUsage(() => performance.now());
  return {
    cores: availableParallelism(),
    diskUtilization: (mountPoint) => disks.utilization(mountPoint),
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    list: (path) => {
      try {
        return readdirSync(path);
      } catch {
        return [];
      }
    },
  };
}
