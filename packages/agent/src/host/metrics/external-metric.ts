/**
 * One reading of a metric that a persona defines: a number in a file, or one of a Prometheus page.
 *
 * Never throws and never takes longer than its deadline: whatever goes wrong, there is a reason instead of a value.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { limits } from '@guise/model';
import { nodeHttp } from '../node-http.ts';

export type ExternalSource =
  | {
      readonly type: 'file';
      readonly path: string;
      /** RE2; its first group, or else the whole match, is the number. */
      readonly pattern: string;
    }
  | {
      readonly type: 'prometheus';
      readonly url: string;
      readonly metric: string;
      readonly labels: { readonly [name: string]: string };
    };

export type ExternalReading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly reason: string };

export async function readExternalMetric(
  source: ExternalSource,
  timeoutMs: number = limits.metricSourceTimeoutMs,
): Promise<ExternalReading> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Error(`no answer in ${timeoutMs} ms`)));
  try {
    const value = await Promise.race([source.type === 'file' ? inFile(source) : onPage(source, signal), tooLate]);
    return Number.isFinite(value) ? { ok: true, value } : { ok: false, reason: 'it is not a number' };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function inFile({ path, pattern }: Extract<ExternalSource, { readonly type: 'file' }>): Promise<number> {
  // A named pipe would keep open(2) waiting for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a regular file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limits.metricFileBytes), 0, limits.metricFileBytes, 0);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    const { findPattern } = await import('@guise/model/find-pattern');
    const found = findPattern(pattern, text);
    if (found === null) throw new Error('nothing in the file matches the pattern');
    return numberOf(found);
  } finally {
    await file.close();
  }
}

async function onPage(
  { url, metric, labels }: Extract<ExternalSource, { readonly type: 'prometheus' }>,
  signal: AbortSignal,
): Promise<number> {
  const value = findSample(await fetchText(url, signal), metric, labels);
  if (value === null) throw new Error(`${url} has no ${metric} with these labels`);
  return value;
}

/** Of several samples that match, their sum, as `sum()` would have it. Null when none does. */
export function findSample(page: string, metric: string, labels: { readonly [name: string]: string }): number | null {
  const wanted = Object.entries(labels);
  let sum: number | null = null;
  for (const line of page.split('\n')) {
    if (!line.startsWith(metric)) continue;
    const [, name, inBraces = '', value = ''] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (name !== metric) continue;
    const own = labelsOf(inBraces);
    if (wanted.every(([label, text]) => own.get(label) === text)) sum = (sum ?? 0) + numberOf(value);
  }
  return sum;
}

function labelsOf(text: string): ReadonlyMap<string, string> {
  const pairs = [...text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return new Map(pairs.map(([, name, value]) => [name!, unescapeLabel(value!)] as const));
}

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  // TLS is loaded only where a persona asks for it.
  const { request } = url.startsWith('https:') ? await import('node:https') : nodeHttp();
  return new Promise((resolve, reject) => {
    const asked = request(url, { signal }, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > limits.metricSourceBytes)
          asked.destroy(new Error(`${url} answers more than ${limits.metricSourceBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
