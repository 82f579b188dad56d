/** Medians over rounds, and what they say about the goals. Pure. */
import { type Cost, type Round, type Work, works } from './rounds.ts';

export type Figure =
  | { readonly type: 'measured'; readonly contender: string; readonly median: Readonly<Record<Work, Cost>> }
  | { readonly type: 'failed'; readonly contender: string; readonly why: string };

/** One for each contender, in the order in which they first appear. A contender that failed once has no figure. */
export function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const names = [...new Set(rounds.map(({ contender }) => contender))];
  return names.map((contender) => {
    const own = rounds.filter((round) => round.contender === contender);
    const failed = own.find((round) => round.type === 'failed');
    if (failed !== undefined) return failed;
    const measured = own.filter((round) => round.type === 'measured');
    const median = Object.fromEntries(
      works.map((work) => [work, medianCost(measured.map(({ costs }) => costs[work]))]),
    );
    return { type: 'measured', contender, median: median as Record<Work, Cost> };
  });
}

export interface Goal {
  readonly text: string;
  /** What was reached, in the goal's own unit; null when one of both sides has no figure. */
  readonly reached: string | null;
  readonly isMet: boolean;
}

export function goalsOf(figures: readonly Figure[]): readonly Goal[] {
  const wallMs = (contender: string, work: Work): number | null => {
    const figure = figures.find((each) => each.contender === contender);
    return figure?.type === 'measured' ? figure.median[work].wallMs : null;
  };
  const agentSwitchMs = wallMs('guise (agent)', 'switch');
  const agentIdleMs = wallMs('guise (agent)', 'no change');
  const fasterThan = (contender: string, factor: number): Goal => {
    const ratio = divided(wallMs(contender, 'switch'), agentSwitchMs);
    return goal(`switch at least ${factor} × faster than ${contender}`, ratio, ratio !== null && ratio >= factor, '×');
  };
  const toBash = divided(agentSwitchMs, wallMs('bash', 'switch'));
  const notSlowerThanCfengine = (contender: string): Goal => {
    const ratio = divided(wallMs(contender, 'no change'), wallMs('CFEngine', 'no change'));
    return goal(`no change with ${contender} at most 1.0 × CFEngine`, ratio, ratio !== null && ratio <= 1, '×');
  };
  return [
    goal('switch at most 1.0 × minimal bash', toBash, toBash !== null && toBash <= 1, '×'),
    fasterThan('CFEngine', 3),
    fasterThan('Puppet', 20),
    fasterThan('Ansible (best)', 40),
    goal('no change at most 20 ms in the resident agent', agentIdleMs, agentIdleMs !== null && agentIdleMs <= 20, 'ms'),
    notSlowerThanCfengine('guise (command line)'),
    notSlowerThanCfengine('guise (command line, agent)'),
  ];
}

function goal(text: string, value: number | null, isMet: boolean, unit: string): Goal {
  return { text, reached: value === null ? null : `${significant(value)} ${unit}`, isMet };
}

/** Two significant digits below ten, none after the point above. */
export function significant(value: number): string {
  if (value >= 10) return String(Math.round(value));
  return value >= 1 ? value.toFixed(1) : value.toFixed(2);
}

function divided(above: number | null, below: number | null): number | null {
  return above === null || below === null ? null : above / below;
}

function medianCost(costs: readonly Cost[]): Cost {
  const of = (value: (cost: Cost) => number) => median(costs.map(value));
  const phases = new Set(costs.flatMap(({ phasesMs }) => Object.keys(phasesMs)));
  return {
    wallMs: of(({ wallMs }) => wallMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    peakMib: of(({ peakMib }) => peakMib),
    systemdCpuMs: of(({ systemdCpuMs }) => systemdCpuMs),
    phasesMs: Object.fromEntries([...phases].map((phase) => [phase, of(({ phasesMs }) => phasesMs[phase] ?? 0)])),
  };
}

/** The middle value; of an even number, the mean of both in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
