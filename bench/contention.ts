/**
 * How near hosts that contend for a machine come to the exact weighted max-min answer, as the kernel counts what each used.
 *
 * Three real hosts on a part of this machine, divided every half second by what control planes decide with. What counts is the ratio of
 * measured to exact, of each host in each case, and after how long a change of priorities is in the kernel. Nothing asserts on time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { divideMachine, type MachineKnown, nothingKnown, shareOut } from '@guise/decide/fairness';
import type { Lab } from '@guise/lab';
import { GuiseError, limits } from '@guise/model';
import { limitMachine } from '../tests/host/shared-machine.ts';

export const contentionLab = 'bench-contention';
const machineCores = 1;
const settleMs = 8_000;
const measureMs = 10_000;
const names = ['b1', 'b2', 'b3'] as const;

interface Case {
  readonly name: string;
  /** Of each host; 0 rests. */
  readonly weights: readonly number[];
  readonly isBusy: readonly boolean[];
}

const cases: readonly Case[] = [
  { name: '75 : 25', weights: [75, 25, 50], isBusy: [true, true, false] },
  { name: '25 : 75, just changed', weights: [25, 75, 50], isBusy: [true, true, false] },
  { name: '50 : 30 : 20', weights: [50, 30, 20], isBusy: [true, true, true] },
  { name: '60 : 40, after a third has ended', weights: [60, 40, 20], isBusy: [true, true, false] },
];

export interface ContentionFigures {
  readonly rows: readonly { readonly name: string; readonly ratios: readonly (number | null)[] }[];
  readonly changedMs: number;
}

export async function contentionFigures(lab: Lab, report: (line: string) => void): Promise<ContentionFigures> {
  await lab.up(names.map((name) => ({ name })));
  limitMachine(contentionLab, machineCores);
  const divided = new DividedMachine(lab);
  const rows: ContentionFigures['rows'][number][] = [];
  let changedMs = 0;
  for (const each of cases) {
    for (const [index, name] of names.entries()) await load(lab, name, each.isBusy[index]!);
    const inForceMs = divided.weigh(each.weights);
    await delay(settleMs);
    if (each.name.includes('changed')) changedMs = await inForceMs;
    const ratios = await measured(lab, each);
    rows.push({ name: each.name, ratios });
    report(`${each.name}: ${ratios.map((ratio) => ratio?.toFixed(3) ?? 'rests').join(', ')}`);
  }
  await divided.stop();
  return { rows, changedMs };
}

export function renderContentionFigures({ rows, changedMs }: ContentionFigures, date: string): string {
  const all = rows.flatMap(({ ratios }) => ratios.filter((ratio) => ratio !== null));
  const worst = Math.max(...all.map((ratio) => Math.abs(ratio - 1)));
  return [
    `${date}, ${measureMs / 1000} s each`,
    '',
    '| priorities | first | second | third |',
    '| --- | ---: | ---: | ---: |',
    ...rows.map(
      ({ name, ratios }) => `| ${[name, ...ratios.map((ratio) => ratio?.toFixed(3) ?? 'rests')].join(' | ')} |`,
    ),
    '',
    '| goal | reached | |',
    '| --- | ---: | --: |',
    `| measured shares within 5 % of the weighted max-min answer | ${(100 * worst).toFixed(1)} % | ${worst <= 0.05 ? '✓' : '✗'} |`,
    `| a change is in the kernel within 1 s | ${(changedMs / 1000).toFixed(2)} s | ${changedMs <= 1000 ? '✓' : '✗'} |`,
  ].join('\n');
}

class DividedMachine {
  readonly #lab: Lab;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #weights: readonly number[] = names.map(() => 50);
  #known: MachineKnown = nothingKnown;
  #onResized: () => void = () => undefined;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#running = this.#run();
  }

  /** Resolves with how long it took until the kernel had other limits. */
  weigh(weights: readonly number[]): Promise<number> {
    const begun = performance.now();
    this.#weights = weights;
    return new Promise((resolve) => {
      this.#onResized = () => resolve(performance.now() - begun);
    });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const begun = performance.now();
      await this.#round();
      await delay(Math.max(0, limits.rebalancePeriodMs - (performance.now() - begun)));
    }
  }

  async #round(): Promise<void> {
    const atMs = performance.now();
    const hosts = this.#lab.list().map(({ name, cpuCores = null }) => ({
      name,
      reading: { atMs, ...this.#lab.usage(name), allocation: cpuCores },
      claim: {
        weight: this.#weights[names.indexOf(name as (typeof names)[number])]!,
        minimumCores: 0,
        ceilingCores: null,
        ownCores: null,
      },
    }));
    const division = divideMachine(this.#known, { cores: machineCores, pressure: null, hosts });
    this.#known = division;
    let isResized = false;
    for (const { name, cpuCores: has = null } of this.#lab.list()) {
      const limit = division.limits.get(name) ?? null;
      if (limit === null ? has === null : has !== null && Math.abs(limit - has) <= 0.02 * has) continue;
      await this.#lab.limit(name, limit === null ? {} : { cpuCores: limit });
      isResized = true;
    }
    if (isResized) this.#onResized();
  }
}

async function measured(lab: Lab, { weights, isBusy }: Case): Promise<readonly (number | null)[]> {
  const claimants = names.map((name, index) => ({
    name,
    weight: weights[index]!,
    minimum: 0,
    demand: isBusy[index]! ? machineCores : 0,
  }));
  const { shares } = shareOut(machineCores, claimants);
  const [begun, before] = [performance.now(), names.map((name) => lab.usage(name).cpuSeconds)];
  await delay(measureMs);
  const seconds = (performance.now() - begun) / 1000;
  return names.map((name, index) =>
    isBusy[index] ? (lab.usage(name).cpuSeconds - before[index]!) / seconds / shares.get(name)! : null,
  );
}

/** Two loops, each of which would use a whole processor, for at most five minutes. */
async function load(lab: Lab, host: string, isBusy: boolean): Promise<void> {
  await lab.run(host, ['systemctl', 'stop', 'load.service']);
  if (!isBusy) return;
  const loops = 'while :; do :; done & while :; do :; done';
  const unit = ['systemd-run', '--quiet', '--unit=load', '--collect', '--property=RuntimeMaxSec=300'];
  const { status, stderr } = await lab.run(host, [...unit, 'bash', '-c', loops]);
  if (status !== 0) throw new GuiseError('command_failed', `Cannot load the host "${host}": ${stderr}`);
}
