/**
 * Faults on demand: at the Nth point of a run the process is killed, or the disk fails.
 *
 * A point is an instant just before or just after something that changes the host or the journal. Points are counted from 1 in the
 * order in which a run reaches them, so `count` once and then every N is every place where a crash can happen.
 * Production holds `noFaults`, one empty function, and no decorator at all.
 * Source: docs/adr/0008-crash-at-every-point.md.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import { faultHost } from './fault-host.ts';
import type { Host } from './host.ts';
import { refusal } from './refusal.ts';

export interface FaultPoints {
  /** Throws as the disk would, or does not return, when the plan says so. `name` is for the test's message. */
  point(name: string): void;
}

export const noFaults: FaultPoints = { point: () => undefined };

export type FaultPlan =
  /** Reach every point and do nothing. */
  { readonly type: 'count' } | { readonly type: 'kill' | 'enospc' | 'eio'; readonly at: number };

export interface CountedFaults extends FaultPoints {
  /** Points reached so far. */
  readonly count: number;
}

/** `kill@12`, `enospc@12`, `eio@12` or `count`. Throws: `argument_invalid`. */
export function parseFaultPlan(text: string): FaultPlan {
  if (text === 'count') return { type: 'count' };
  const [, type, at] = /^(kill|enospc|eio)@([1-9]\d{0,8})$/.exec(text) ?? [];
  if (type === undefined) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot use ${JSON.stringify(text)} as a fault: it must be "count", "kill@N", "enospc@N" or "eio@N"`,
    );
  }
  return { type: type as 'kill' | 'enospc' | 'eio', at: Number(at) };
}

export function plannedFaults(plan: FaultPlan): CountedFaults {
  let count = 0;
  return {
    get count() {
      return count;
    },
    point(name) {
      count += 1;
      if (plan.type !== 'count' && plan.at === count) strike(plan.type, name);
    },
  };
}

export interface Faults {
  readonly points: FaultPoints;
  wrap(host: Host): Host;
}

/**
 * For composition roots. Without `GUISE_FAULT` nothing is wrapped and nothing is counted. With it, the number of points reached is
 * written to the file that `GUISE_FAULT_FILE` names when the process exits.
 */
export function faultsFromEnvironment(environment: { readonly [name: string]: string | undefined }): Faults {
  const text = environment['GUISE_FAULT'];
  if (text === undefined || text === '') return { points: noFaults, wrap: (host) => host };
  const points = plannedFaults(parseFaultPlan(text));
  const file = environment['GUISE_FAULT_FILE'];
  if (file !== undefined) process.on('exit', () => writeFileSync(file, `${points.count}\n`));
  return { points, wrap: (host) => faultHost(host, points) };
}

function strike(type: 'kill' | 'enospc' | 'eio', name: string): void {
  writeSync(process.stderr.fd, `guise fault at ${name}\n`);
  if (type !== 'kill') {
    const code = type.toUpperCase();
    throw refusal('pass', name, Object.assign(new Error(code), { code, syscall: 'fault' }));
  }
  process.kill(process.pid, 'SIGKILL');
  // The signal is asynchronous to this thread only in theory; nothing may run after it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
