/** The figures as Markdown, for the terminal and for docs/benchmarks.md alike. */
import { type Figure, type Goal, significant } from './figures.ts';
import { type Cost, type Work, works } from './rounds.ts';

export interface Conditions {
  /** ISO 8601 date. */
  readonly date: string;
  readonly runs: number;
  readonly cores: number;
  readonly memoryGib: number;
  readonly processor: string;
  readonly kernel: string;
  /** Of Debian packages, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly node: string;
}

const measures = [
  { name: 'wall', value: (cost: Cost) => cost.wallMs },
  { name: 'CPU', value: (cost: Cost) => cost.cpuMs },
  { name: 'peak memory', value: (cost: Cost) => cost.peakMib },
] as const;

export function renderReport(figures: readonly Figure[], goals: readonly Goal[], conditions: Conditions): string {
  const failed = figures.filter((figure) => figure.type === 'failed');
  return [
    conditionsText(conditions),
    ratioTable(figures),
    goalTable(goals),
    absoluteTable(figures),
    ...phaseTables(figures),
    ...failed.map(({ contender, why }) => `**${contender} failed**: ${why}`),
  ].join('\n\n');
}

/** Every measure of every contender as a multiple of what bash needs. */
function ratioTable(figures: readonly Figure[]): string {
  const base = figures.find(({ contender }) => contender === 'bash');
  if (base?.type !== 'measured') return 'No ratios: bash has no figures.';
  const columns = measures.flatMap((measure) => works.map((work) => ({ measure, work })));
  const rows = figures.map((figure) => [
    figure.contender,
    ...columns.map(({ measure, work }) =>
      figure.type === 'failed'
        ? 'failed'
        : significant(measure.value(figure.median[work]) / measure.value(base.median[work])),
    ),
  ]);
  const titles = columns.map(({ measure, work }) => `${measure.name}, ${work}`);
  return `As multiples of ${base.contender}:\n\n${table(['', ...titles], rows)}`;
}

function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ text, reached, isMet }) => [
    text,
    reached ?? 'not measured',
    reached === null ? '' : isMet ? '✓' : '✗',
  ]);
  return `Goals:\n\n${table(['goal, median wall time', 'reached', ''], rows)}`;
}

function absoluteTable(figures: readonly Figure[]): string {
  const cell = (cost: Cost): string =>
    `${significant(cost.wallMs)} ms · ${significant(cost.cpuMs)} ms · ${significant(cost.systemdCpuMs)} ms · ${significant(cost.peakMib)} MiB`;
  const rows = figures.map((figure) => [
    figure.contender,
    ...works.map((work) => (figure.type === 'failed' ? 'failed' : cell(figure.median[work]))),
  ]);
  return `For orientation, on this machine (wall · CPU · the host's systemd · peak memory):\n\n${table(['', ...works], rows)}`;
}

/** Where the time went, for contenders that tell. */
function phaseTables(figures: readonly Figure[]): readonly string[] {
  return figures.flatMap((figure) => {
    if (figure.type === 'failed') return [];
    const told = works.filter((work) => Object.keys(figure.median[work].phasesMs).length > 0);
    if (told.length === 0) return [];
    const phases = [...new Set(told.flatMap((work) => Object.keys(figure.median[work].phasesMs)))];
    const row = (work: Work) => [work, ...phases.map((phase) => significant(figure.median[work].phasesMs[phase] ?? 0))];
    return [`${figure.contender} by phase, in ms:\n\n${table(['', ...phases], told.map(row))}`];
  });
}

function conditionsText({ date, runs, cores, memoryGib, processor, kernel, versions, node }: Conditions): string {
  const software = Object.entries({ ...versions, node }).map(([name, version]) => `${name} ${version}`);
  const rounds = runs === 1 ? 'one round' : `median of ${runs} rounds, contenders interleaved`;
  return `${date}, ${rounds}; ${cores} cores (${processor}), ${memoryGib} GiB, Linux ${kernel}; ${software.join(', ')}.`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => pad(cell, widths[column]!, column)).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(titles), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
