/**
 * What evaluating triggers costs: 10,000 personas whose inputs rest, of which 1 % change, of which all change; and a year replayed.
 *
 * Shape: rounds → medians, in ms. Nothing asserts on time.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTriggers, TriggerEngine } from '@guise/decide';
import { layerOf, parseDocument } from '@guise/model';

const personas = 10_000;
const evaluations = 500;
const startMs = Date.parse('2026-11-25T10:00:00Z');
const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe'];

export interface TriggerFigures {
  readonly rows: readonly { readonly work: string; readonly medianMs: number; readonly p99Ms: number }[];
  readonly compileMs: number;
  readonly replayMs: number;
  readonly date: string;
  readonly cores: number;
  readonly node: string;
}

export async function triggerFigures(root: string, runs: number): Promise<TriggerFigures> {
  const begun = performance.now();
  const candidates = await Promise.all(Array.from({ length: personas }, (_, index) => candidate(index)));
  const compileMs = performance.now() - begun;
  const engine = new TriggerEngine();
  engine.setCandidates(candidates, startMs);
  // Bounds are spread from 0 to 1 by hundredths of a per cent, so the way that a value goes is the share that changes.
  const rows = [
    row('nothing changed', engine, () => 0.5),
    row('1 % changed', engine, (index) => (index % 2 === 0 ? 0.5 : 0.51)),
    row('all changed', engine, (index) => (index % 2 === 0 ? 0 : 1)),
  ];
  const replayMs = median(Array.from({ length: runs }, () => replayOfYear(root)));
  const [date] = new Date().toISOString().split('T');
  return { rows, compileMs, replayMs, date: date!, cores: availableParallelism(), node: process.versions.node };
}

export function renderTriggerFigures({ rows, compileMs, replayMs, date, cores, node }: TriggerFigures): string {
  const goals = [
    `| one evaluation of 10,000 personas with unchanged inputs at most 2 ms | ${rows[0]!.medianMs.toFixed(3)} ms | ${rows[0]!.medianMs <= 2 ? '✓' : '✗'} |`,
    `| a year of one-minute samples replayed in under 5 s | ${(replayMs / 1000).toFixed(1)} s | ${replayMs < 5000 ? '✓' : '✗'} |`,
  ];
  return [
    `${date}, ${cores} cores, Node ${node}`,
    '',
    '| one evaluation of 10,000 personas | median, ms | 99th percentile, ms |',
    '| --- | ---: | ---: |',
    ...rows.map(({ work, medianMs, p99Ms }) => `| ${work} | ${medianMs.toFixed(3)} | ${p99Ms.toFixed(3)} |`),
    '',
    `Compiling them took ${(compileMs / personas).toFixed(2)} ms each.`,
    '',
    '| goal | reached | |',
    '| --- | ---: | --: |',
    ...goals,
  ].join('\n');
}

function row(work: string, engine: TriggerEngine, valueAt: (index: number) => number) {
  const users = new Map([['bob', ['staff']]]);
  const timesMs: number[] = [];
  for (let index = 0; index < 2 * evaluations; index += 1) {
    const samples = new Map([['cpu_utilization', valueAt(index)]]);
    const begun = performance.now();
    engine.evaluate({ atMs: nextSecond(), samples, events: [], users });
    if (index >= evaluations) timesMs.push(performance.now() - begun);
  }
  const sorted = timesMs.sort((a, b) => a - b);
  return { work, medianMs: median(sorted), p99Ms: sorted[Math.floor(0.99 * sorted.length)]! };
}

let second = 0;
function nextSecond(): number {
  second += 1;
  return startMs + second * 1000;
}

async function candidate(index: number) {
  const bound = index / personas;
  const schedule = (cron: string, zone: number) =>
    `{time_schedule: {cron: "${cron}", duration: 1h, zone: ${zones[zone % zones.length]}}}`;
  const threshold = (rest: string) => `{resource_utilization_thresholds: {metric: cpu, ${rest}}}`;
  const own = parseDocument(
    `guise: persona/v1
persona_id: p${index}
activation_triggers:
  any:
    - ${schedule(`${index % 60} 3 * * *`, index)}
    - ${schedule(`${index % 60} 4 * * 1-5`, index + 1)}
    - all: [${threshold(`above: ${bound}, for: 30s`)}, {user_profile_association: {user: alice}}]
    - {external_event_subscriptions: {type: alert.${index % 100}, for: 1m}}
deactivation_triggers: ${threshold(`below: ${bound}, for: 2m`)}
`,
    'bench.yaml',
  );
  const layer = layerOf({ own, ancestors: [] }, { assignedBy: 'bench' });
  return { instance: layer.instance, triggers: await compileTriggers(layer, {}) };
}

function replayOfYear(root: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'guise-bench-'));
  try {
    const lines = ['time,metric,value'];
    for (let minute = 0; minute < 525_600; minute += 1) {
      const value = 0.45 + 0.45 * Math.sin(minute / 300) + 0.05 * Math.sin(minute * 7.3);
      lines.push(`${new Date(startMs + minute * 60_000).toISOString()},cpu_utilization,${value.toFixed(3)}`);
    }
    writeFileSync(join(folder, 'year.csv'), lines.join('\n'));
    writeFileSync(
      join(folder, 'burst.yaml'),
      `guise: persona/v1
persona_id: burst
activation_triggers: {resource_utilization_thresholds: {metric: cpu, above: 0.8, for: 2m}}
deactivation_triggers: {resource_utilization_thresholds: {metric: cpu, below: 0.5, for: 5m}}
`,
    );
    const begun = performance.now();
    const argv = ['trigger', 'replay', join(folder, 'burst.yaml'), '--metrics', join(folder, 'year.csv'), '--json'];
    const { status, stderr } = spawnSync(join(root, 'guise'), argv, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`the replay failed: ${stderr}`);
    return performance.now() - begun;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
