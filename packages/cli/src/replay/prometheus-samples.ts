/**
 * Samples from a saved answer of Prometheus to a range query, `GET /api/v1/query_range`.
 *
 * A series is the metric that its `__name__` names; with the labels that guise's own samples have, `METRIC:PART`. Of several series that
 * come out as one metric none could be chosen, so they are refused.
 * Throws: `argument_invalid`.
 * Source: the HTTP API of Prometheus, "Range queries".
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Sample, unreadable } from './sample-batch.ts';

const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** By time, over all series. */
export async function prometheusSamples(file: string): Promise<readonly Sample[]> {
  const parsed = answer.safeParse(parsedJson(await readFile(file, 'utf8'), file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = `${file}, ${issue?.path.join('.') || 'as a whole'}`;
    throw unreadable(place, `it must be a range-query response of Prometheus; ${issue?.message ?? 'it is not'}`);
  }
  const names = new Set<string>();
  const samples = parsed.data.data.result.flatMap(({ metric, values }, index) => {
    const name = seriesName(metric, `${file}, data.result.${index}`);
    if (names.has(name)) {
      throw unreadable(
        `${file}, data.result.${index}`,
        `there are two series ${JSON.stringify(name)}; query one of them`,
      );
    }
    names.add(name);
    return values.flatMap(([seconds, text]) => {
      const value = Number(text);
      return Number.isFinite(value) ? [{ atMs: Math.round(seconds * 1000), metric: name, value }] : [];
    });
  });
  return samples.sort((a, b) => a.atMs - b.atMs);
}

function seriesName(labels: { readonly [label: string]: string }, place: string): string {
  const name = labels['__name__'] ?? labels['metric'];
  if (name === undefined) {
    throw unreadable(
      place,
      'the series has no "__name__"; wrap the query in label_replace(…, "__name__", "METRIC", "", "")',
    );
  }
  const bare = name.replace(/^guise_/, '');
  const part = labels['part'];
  return part === undefined ? bare : `${bare}:${part}`;
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(file, `it is not JSON: ${(error as Error).message}`);
  }
}
