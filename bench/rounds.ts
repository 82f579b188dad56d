/**
 * One round of one contender: from a fresh host, first apply, no change, switch; each measured, and each checked afterwards.
 */
import type { Lab } from '@guise/lab';
import { limits } from '@guise/model';
import type { Contender } from './contenders/contender.ts';
import { differences } from './end-state.ts';
import { freshHost, hostName, mustRun } from './prepared-host.ts';
import type { Role } from './workload.ts';

export const works = ['first apply', 'no change', 'switch'] as const;
export type Work = (typeof works)[number];

/** The role that each piece of work ends in; they run in this order. */
const roleOf: Readonly<Record<Work, Role>> = { 'first apply': 'web', 'no change': 'web', switch: 'db' };

export interface Cost {
  readonly wallMs: number;
  /** Of the contender and its children, user and system. */
  readonly cpuMs: number;
  /** Of its largest process. */
  readonly peakMib: number;
  /** What the host's systemd spent meanwhile. */
  readonly systemdCpuMs: number;
  /** Wall time by phase, in ms, when the contender tells. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export type Round =
  | { readonly type: 'measured'; readonly contender: string; readonly costs: Readonly<Record<Work, Cost>> }
  | { readonly type: 'failed'; readonly contender: string; readonly why: string };

const measureScript = '/opt/guise/bench/measure.py';
const workTimeoutMs = 600_000;

export async function runRound(lab: Lab, contender: Contender): Promise<Round> {
  await freshHost(lab);
  for (const argv of contender.start) await mustRun(lab, argv, limits.labCommandTimeoutMs);
  const costs: Partial<Record<Work, Cost>> = {};
  for (const work of works) {
    const { ok, output, cost } = await measure(lab, contender.apply(roleOf[work]));
    const failed = (why: string): Round => ({ type: 'failed', contender: contender.name, why: `${work}: ${why}` });
    if (!ok) return failed(output.trim().slice(-2000));
    const differing = await differences(lab, hostName, roleOf[work]);
    if (differing.length > 0) return failed(differing.join('; '));
    costs[work] = cost;
  }
  return { type: 'measured', contender: contender.name, costs: costs as Record<Work, Cost> };
}

/** What measure.py prints. */
interface Sample {
  readonly wall_ms: number;
  readonly cpu_ms: number;
  readonly peak_mib: number;
  readonly systemd_cpu_ms: number;
  readonly ok: boolean;
  readonly output: string;
}

async function measure(lab: Lab, argv: readonly string[]): Promise<{ ok: boolean; output: string; cost: Cost }> {
  const { status, stdout, stderr } = await lab.run(hostName, ['python3', measureScript, ...argv], {
    timeoutMs: workTimeoutMs,
  });
  if (status !== 0) throw new Error(`measure.py failed: ${stderr}`);
  const sample = JSON.parse(stdout) as Sample;
  const { ok, output } = sample;
  return {
    ok,
    output,
    cost: {
      wallMs: sample.wall_ms,
      cpuMs: sample.cpu_ms,
      peakMib: sample.peak_mib,
      systemdCpuMs: sample.systemd_cpu_ms,
      phasesMs: phasesOf(output),
    },
  };
}

/** guise's agent answers with its transaction, timings included; others say nothing of the kind. */
function phasesOf(output: string): Cost['phasesMs'] {
  if (!output.startsWith('{')) return {};
  const { transaction } = JSON.parse(output) as { transaction?: { timings_ms?: Cost['phasesMs'] } | null };
  return transaction?.timings_ms ?? {};
}
