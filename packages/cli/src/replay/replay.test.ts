import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTriggers } from '@guise/decide/compile';
import { layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { afterAll, describe, expect, it } from 'vitest';
import { recordedEvents } from './recorded-events.ts';
import { recordedSamples } from './recorded-samples.ts';
import { runReplay } from './run-replay.ts';
import type { Sample } from './sample-batch.ts';
import { summarize } from './summarize.ts';
import { instantFrom, zonedText } from './zoned-instant.ts';

const folder = mkdtempSync(join(tmpdir(), 'guise-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const startMs = Date.parse('2026-11-25T10:00:00Z');
const minute = (count: number) => startMs + count * 60_000;

function file(text: string, name = 'recorded'): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function samplesIn(text: string, zone = 'UTC'): Promise<readonly Sample[]> {
  const all: Sample[] = [];
  for await (const batch of await recordedSamples(file(text), zone)) all.push(...batch);
  return all;
}

async function persona(instance: string, text: string) {
  const own = parseDocument(`guise: persona/v1\npersona_id: ${instance}\n${text}`, 'p.yaml');
  return { instance, triggers: await compileTriggers(layerOf({ own, ancestors: [] }, { assignedBy: 'local' }), {}) };
}

async function* batches(...all: readonly (readonly Sample[])[]) {
  yield* all;
}

/** A value a minute; null: none. */
function cpu(...values: readonly (number | null)[]): readonly Sample[] {
  return values.flatMap((value, index) => (value === null ? [] : [{ atMs: minute(index), metric: 'cpu', value }]));
}

const rest = { events: [], fromMs: null, toMs: null, explainAtMs: null };

async function switchesOf(text: string, samples: readonly Sample[], more: object = {}): Promise<readonly string[]> {
  const personas = [await persona('p', text)];
  const replayed = await runReplay({ ...rest, personas, samples: batches(samples), ...more });
  return (replayed?.switches ?? []).map(({ atMs, active }) => `${(atMs - startMs) / 60_000}:${active ? 'on' : 'off'}`);
}

const threshold = (words: string) => `{resource_utilization_thresholds: {metric: cpu, ${words}}}`;

describe('recorded samples', () => {
  const sample = { atMs: startMs, metric: 'cpu', value: 0.5 };

  it.each([
    'time,metric,value\n2026-11-25T10:00:00Z,cpu,0.5\n',
    'value,metric,time\n0.5,cpu,2026-11-25T10:00:00Z',
    '2026-11-25T10:00:00.000Z,cpu,0.5',
    '1795600800,cpu,0.5',
    '1795600800000,cpu,0.5\r\n# a remark\r\n\r\n2026-11-25T10:01:00Z,cpu,NaN\n',
    '"2026-11-25T11:00:00+01:00","cpu","0.5"',
    '\uFEFFtime,metric,value\n2026-11-25 10:00:00,cpu,5e-1',
  ])('may be written as %j', async (text) => {
    expect(await samplesIn(text)).toEqual([sample]);
  });

  it('mean local times in the zone of the replay', async () => {
    expect(await samplesIn('2026-11-25T11:00,cpu,0.5', 'Europe/Paris')).toEqual([sample]);
  });

  it('are put in order where a file has one metric after the other', async () => {
    const samples = await samplesIn('1795600800,cpu,1\n1795600860,cpu,2\n1795600800,memory,3\n');
    expect(samples.map(({ value }) => value)).toEqual([1, 3, 2]);
  });

  it('may be an answer of Prometheus', async () => {
    const series = (name: string, values: unknown) => ({ metric: { __name__: name, part: '/var' }, values });
    const answer = (...result: unknown[]) =>
      JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
    expect(
      await samplesIn(
        answer(
          series('disk_utilization', [
            [1795600800.0, '0.5'],
            [1795600860, 'NaN'],
          ]),
        ),
      ),
    ).toEqual([{ ...sample, metric: 'disk_utilization:/var' }]);
    await expect(samplesIn(answer(series('a', []), series('a', [])))).rejects.toThrow('there are two series "a:/var"');
    await expect(samplesIn('{"status": "error"}')).rejects.toThrow('must be a range-query response');
    await expect(samplesIn('{')).rejects.toThrow('it is not JSON');
  });

  it.each([
    ['time,value\n', ':1: the header must name time, metric, value, and metric is missing'],
    [
      'time,metric,value\n2026-11-25T10:00Z,cpu\n',
      ':2: it must be time,metric,value, and it is "2026-11-25T10:00Z,cpu"',
    ],
    ['2026-02-30T10:00,cpu,1', ':1: the time must be ISO 8601 or Unix seconds, and it is "2026-02-30T10:00"'],
    ['1,cpu,1\n2,,1', ':2: the metric is missing'],
    ['1,cpu,1\n2,cpu,lots', ':2: the value must be a number, and it is "lots"'],
    [`1,cpu,1\n${'x'.repeat(300_000)}`, 'the line is too long'],
  ])('are refused with the line: %j', async (text, message) => {
    await expect(samplesIn(text)).rejects.toThrow(message);
  });
});

describe('recorded events', () => {
  const event = { specversion: '1.0', id: '1', source: 's', type: 't', time: '2026-11-25T10:00:00Z' };

  it('are a list, or one on each line', async () => {
    const later = { ...event, id: '2', time: '2026-11-25T10:01:00Z' };
    const expected = [startMs, minute(1)];
    for (const text of [JSON.stringify([later, event]), `${JSON.stringify(later)}\n\n${JSON.stringify(event)}\n`]) {
      expect((await recordedEvents(file(text))).map(({ atMs }) => atMs)).toEqual(expected);
    }
  });

  it('are refused with their place', async () => {
    await expect(recordedEvents(file(`${JSON.stringify(event)}\n{`))).rejects.toThrow(':2: it is not JSON');
    await expect(recordedEvents(file(JSON.stringify([{ ...event, type: '' }])))).rejects.toThrow(
      ', event 1: it must be',
    );
  });
});

describe('a replay', () => {
  it('switches at the samples that a host would have switched at', async () => {
    const text = `activation_triggers: ${threshold('above: 0.8, for: 2m')}\ndeactivation_triggers: ${threshold('below: 0.5')}`;
    expect(await switchesOf(text, cpu(0.9, 0.9, 0.9, 0.6, 0.4))).toEqual(['2:on', '4:off']);
  });

  it('takes what was not recorded for unknown, not for low', async () => {
    const text = `activation_triggers: {not: ${threshold('above: 0.8')}}`;
    const silent = [...cpu(0.9), { atMs: minute(30), metric: 'cpu', value: 0.9 }];
    expect(await switchesOf(text, silent)).toEqual([]);
    const run = [
      ...cpu(0.9),
      { atMs: minute(6), metric: 'cpu', value: 0.9 },
      { atMs: minute(8), metric: 'cpu', value: 0.9 },
    ];
    expect(await switchesOf(`activation_triggers: ${threshold('above: 0.8, for: 7m')}`, run)).toEqual([]);
  });

  it('follows slow recordings at their own pace', async () => {
    const hourly = [0, 60, 120, 180].map((at) => ({ atMs: minute(at), metric: 'cpu', value: 0.9 }));
    expect(await switchesOf(`activation_triggers: ${threshold('above: 0.8, for: 2h')}`, hourly)).toEqual(['180:on']);
  });

  it('looks at nothing outside of its span', async () => {
    const text = `activation_triggers: ${threshold('above: 0.8, for: 1m')}`;
    const span = { fromMs: minute(2), toMs: minute(4) };
    expect(await switchesOf(text, cpu(0.9, 0.9, 0.9, 0.9, 0.1, 0.9, 0.9), span)).toEqual(['3:on', '4:off']);
  });

  it('lets time pass between samples, and after the last one', async () => {
    const text = 'activation_triggers: {time_schedule: {cron: "1-59/2 10 * * *", duration: 30s, zone: UTC}}';
    expect(await switchesOf(text, cpu(0.1), { toMs: minute(4) })).toEqual(['1:on', '1.5:off', '3:on', '3.5:off']);
  });

  it('explains at its end, which belongs to it, and is nothing without a span', async () => {
    const personas = [await persona('p', `activation_triggers: ${threshold('above: 0.8')}`)];
    const replayed = await runReplay({ ...rest, personas, samples: batches(cpu(0.9, 0.9)), explainAtMs: minute(1) });
    expect(replayed?.explanations.get('p')?.activation[0]?.truth).toBe(true);
    expect(await runReplay({ ...rest, personas, samples: null })).toBeNull();
  });

  it('sums up', async () => {
    const personas = [
      await persona('p', `activation_triggers: ${threshold('above: 0.8')}`),
      await persona('plain', ''),
    ];
    const samples = cpu(0.9, 0.1, 0.9, ...Array(20).fill(0.9), 0.1);
    const replayed = (await runReplay({ ...rest, personas, samples: batches(samples) }))!;
    const [own, plain] = summarize(replayed, personas);
    expect(own).toMatchObject({ activeMs: 22 * 60_000, activations: 2, switches: 4, flaps: 2 });
    expect(plain).toMatchObject({ activeMs: 23 * 60_000, switches: 0 });
  });
});

describe('instants', () => {
  it('are read in their zone and written with its offset', () => {
    expect(instantFrom('2026-03-29', 'Europe/Paris')).toBe(Date.parse('2026-03-28T23:00Z'));
    expect(instantFrom('2026-03-29T12:00:30.250', 'Europe/Paris')).toBe(Date.parse('2026-03-29T10:00:30.250Z'));
    expect(instantFrom('2026-03-29T12:00+05:30', 'Europe/Paris')).toBe(Date.parse('2026-03-29T06:30Z'));
    expect(['', 'noon', '2026-02-30', '2026-03-29T25:00', '2026-3-29'].map((text) => instantFrom(text, 'UTC'))).toEqual(
      [null, null, null, null, null],
    );
    expect(zonedText(startMs, 'Asia/Kolkata')).toBe('2026-11-25T15:30:00+05:30');
    expect(zonedText(startMs + 5, 'America/St_Johns')).toBe('2026-11-25T06:30:00.005-03:30');
  });
});
