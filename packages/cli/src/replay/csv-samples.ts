/**
 * Samples from CSV, `time,metric,value`, as they are read: nothing is held but the block at hand.
 *
 * A header names the columns and may order them otherwise; without one they are in this order. A time is ISO 8601 (local to the zone of the
 * replay without an offset), or Unix seconds, or Unix ms. An empty value, "NaN" and "null" are no sample.
 * Throws: `argument_invalid` with the line.
 * Source: RFC 4180.
 */
import { createReadStream } from 'node:fs';
import { type Sample, type Samples, unreadable } from './sample-batch.ts';
import { instantFrom } from './zoned-instant.ts';

const columns = ['time', 'metric', 'value'] as const;
const lineChars = 4096;
const missing: ReadonlySet<string> = new Set(['', 'nan', 'null']);
/** From here on a number is ms: seconds are that large in the year 5138. */
const millisecondsFrom = 1e11;

export async function* csvSamples(file: string, zone: string): Samples {
  const reader = new CsvReader(file, zone);
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineChars) throw unreadable(`${file}:${reader.line + lines.length + 1}`, 'the line is too long');
    yield reader.read(lines);
  }
  yield reader.read(rest === '' ? [] : [rest]);
}

class CsvReader {
  readonly #file: string;
  readonly #zone: string;
  #order: readonly number[] = [0, 1, 2];
  line = 0;

  constructor(file: string, zone: string) {
    this.#file = file;
    this.#zone = zone;
  }

  read(lines: readonly string[]): readonly Sample[] {
    const samples: Sample[] = [];
    for (const line of lines) {
      this.line += 1;
      const sample = this.#sample(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (sample !== null) samples.push(sample);
    }
    return samples;
  }

  #sample(line: string): Sample | null {
    if (line === '' || line.startsWith('#')) return null;
    const cells = line.includes('"') ? this.#quoted(line) : line.split(',');
    if (this.line === 1 && this.#isHeader(cells)) return null;
    if (cells.length < columns.length)
      throw this.#refused(`it must be ${columns.join(',')}, and it is ${excerpt(line)}`);
    const [time = '', metric = '', text = ''] = this.#order.map((column) => cells[column]?.trim());
    const atMs = this.#instant(time);
    if (metric === '') throw this.#refused('the metric is missing');
    if (missing.has(text.toLowerCase())) return null;
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#refused(`the value must be a number, and it is ${excerpt(text)}`);
    return { atMs, metric, value };
  }

  #isHeader(cells: readonly string[]): boolean {
    const names = cells.map((cell) =>
      cell
        .replace(/^\uFEFF/, '')
        .trim()
        .toLowerCase(),
    );
    if (!names.includes('time') && !names.includes('metric')) return false;
    this.#order = columns.map((column) => names.indexOf(column));
    const absent = columns[this.#order.indexOf(-1)];
    if (absent !== undefined)
      throw this.#refused(`the header must name ${columns.join(', ')}, and ${absent} is missing`);
    return true;
  }

  #instant(text: string): number {
    const number = Number(text);
    if (text !== '' && Number.isFinite(number))
      return Math.round(Math.abs(number) < millisecondsFrom ? number * 1000 : number);
    // The form of most recordings, which the engine of JavaScript parses itself.
    const quick = text.endsWith('Z') && text.length >= 20 ? Date.parse(text) : Number.NaN;
    const atMs = Number.isNaN(quick) ? instantFrom(text, this.#zone) : quick;
    if (atMs !== null) return atMs;
    throw this.#refused(`the time must be ISO 8601 or Unix seconds, and it is ${excerpt(text)}`);
  }

  #quoted(line: string): readonly string[] {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)];
    return cells.map(([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare);
  }

  #refused(reason: string) {
    return unreadable(`${this.#file}:${this.line}`, reason);
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
