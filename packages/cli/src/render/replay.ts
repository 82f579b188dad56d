/** A replay for people: a strip for each day or month, every switch with its reason, what it comes to, and why at one instant. */
import { instantOf, localDay, type TriggerExplanation, weekdayOf } from '@guise/decide';
import type { Replayed } from '../replay/run-replay.ts';
import type { PersonaSummary } from '../replay/summarize.ts';
import { zonedText } from '../replay/zoned-instant.ts';
import type { Terminal } from '../terminal.ts';
import type { Style } from './style.ts';
import { count, printable } from './text.ts';

type Span = readonly [fromMs: number, toMs: number];

/** Longer spans have a row for a month, not for a day. */
const dayRowsMax = 45;
const cellsInDay = 48;
const dayMs = 86_400_000;
const shades = ['·', '░', '▒', '▓', '█'];
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export function replayLines(
  replayed: Replayed,
  summaries: readonly PersonaSummary[],
  zone: string,
  { style }: Pick<Terminal, 'style'>,
): readonly string[] {
  const span = `${zonedText(replayed.fromMs, zone)} to ${zonedText(replayed.toMs, zone)} (${zone})`;
  return [
    style.heading(span),
    ...summaries.flatMap((summary) => ['', ...personaLines(summary, replayed, zone, style)]),
    ...[...replayed.explanations].flatMap(([instance, explanation]) => [
      '',
      ...explanationLines(instance, explanation, zone, style),
    ]),
  ];
}

function personaLines(summary: PersonaSummary, replayed: Replayed, zone: string, style: Style): readonly string[] {
  const { instance, activeMs, activations, flaps } = summary;
  const share = replayed.toMs === replayed.fromMs ? 0 : (100 * activeMs) / (replayed.toMs - replayed.fromMs);
  const own = replayed.switches.filter((each) => each.instance === instance);
  return [
    `${style.heading(printable(instance))}  active ${elapsedText(activeMs)} (${share.toFixed(1)} %), came ${count(activations, 'time')}, ${count(flaps, 'flap')}`,
    ...stripLines(summary.spans, [replayed.fromMs, replayed.toMs], zone, style),
    ...own.map(({ atMs, active, reason }) => {
      const sign = active ? style.added('▲ on ') : style.removed('▼ off');
      return `  ${zonedText(atMs, zone)} ${sign} ${printable(zonedReason(reason, zone))}`;
    }),
    ...(own.length === 0 && activeMs > 0 ? ['  always on: it has no triggers'] : []),
    ...(own.length === 0 && activeMs === 0 ? ['  never on'] : []),
  ];
}

function stripLines(spans: readonly Span[], [fromMs, toMs]: Span, zone: string, style: Style): readonly string[] {
  const [first, last] = [localDay(fromMs, zone), localDay(Math.max(fromMs, toMs - 1), zone)];
  const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const cell = (begin: number, end: number) => {
    if (end <= fromMs || begin >= toMs) return ' ';
    return shades[Math.ceil(shareOf(spans, [begin, end]) * (shades.length - 1))]!;
  };
  if (days.length <= dayRowsMax) {
    return [
      style.quiet(`            ${['00', '06', '12', '18'].map((hour) => hour.padEnd(cellsInDay / 4)).join('')}24`),
      ...days.map((day) => `  ${dayName(day)} ${dayCells(day, zone, cell)}`),
    ];
  }
  const months = Map.groupBy(days, (day) => dateText(day).slice(0, 7));
  return [
    style.quiet('          1        10        20        30'),
    ...[...months].map(([month, inMonth]) => {
      const indent = ' '.repeat(Number(dateText(inMonth[0]!).slice(8)) - 1);
      const cells = inMonth.map((day) => cell(instantOf(day, 0, zone), instantOf(day + 1, 0, zone)));
      return `  ${month} ${indent}${cells.join('')}`;
    }),
  ];
}

/** By the clock on the wall: a day of 23 hours has a hole, one of 25 shows its doubled hour once. */
function dayCells(day: number, zone: string, cell: (begin: number, end: number) => string): string {
  return Array.from({ length: cellsInDay }, (_, index) => {
    const minutes = (24 * 60) / cellsInDay;
    const [begin, end] = [instantOf(day, index * minutes, zone), instantOf(day, (index + 1) * minutes, zone)];
    return end <= begin ? ' ' : cell(begin, end);
  }).join('');
}

function shareOf(spans: readonly Span[], [begin, end]: Span): number {
  let activeMs = 0;
  // The spans are in order: the first that ends after this cell begins is found by halving.
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]![1] > begin) high = middle;
    else low = middle + 1;
  }
  for (let index = low; index < spans.length && spans[index]![0] < end; index += 1) {
    const [from, to] = spans[index]!;
    activeMs += Math.min(to, end) - Math.max(from, begin);
  }
  return activeMs / (end - begin);
}

function explanationLines(
  instance: string,
  explanation: TriggerExplanation | null,
  zone: string,
  style: Style,
): readonly string[] {
  if (explanation === null) return [`${style.heading(printable(instance))} is always on: it has no triggers`];
  const { wish, activation, deactivation } = explanation;
  const leaf = ({ truth, text }: (typeof activation)[number]) => {
    const mark = truth === null ? style.changed('?') : truth ? style.added('✓') : style.removed('✗');
    return `    ${mark} ${printable(zonedReason(text, zone))}`;
  };
  const state = `${style.heading(printable(instance))} is ${wish.active ? 'on' : 'off'} since ${zonedText(wish.sinceMs, zone)}: ${printable(zonedReason(wish.reason, zone))}`;
  return [
    state,
    ...(wish.waits === null ? [] : [`  ${printable(zonedReason(wish.waits, zone))}`]),
    '  activation_triggers',
    ...activation.map(leaf),
    ...(deactivation.length === 0 ? [] : ['  deactivation_triggers', ...deactivation.map(leaf)]),
  ];
}

/** Reasons name instants in UTC, because a host has no reader in mind. */
export function zonedReason(reason: string, zone: string): string {
  return reason.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, (text) => zonedText(Date.parse(text), zone));
}

function dayName(day: number): string {
  return `${weekdays[weekdayOf(day)]} ${dateText(day).slice(5)}`;
}

function dateText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** `3 d 4 h`, `2 h 30 min`, `45 s`: the two largest units. */
function elapsedText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
