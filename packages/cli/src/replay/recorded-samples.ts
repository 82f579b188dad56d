/**
 * Samples of a recording in the order of their times, whatever file they come from.
 *
 * CSV that is in order is streamed. CSV that is not, such as one metric after the other, is held and sorted, up to `heldMax` samples.
 */
import { open } from 'node:fs/promises';
import { csvSamples } from './csv-samples.ts';
import { prometheusSamples } from './prometheus-samples.ts';
import { type Sample, type Samples, unreadable } from './sample-batch.ts';

const heldMax = 20_000_000;

export async function recordedSamples(file: string, zone: string): Promise<Samples> {
  const first = (await beginningOf(file)).replace(/^\uFEFF/, '').trimStart()[0];
  if (first === '{' || first === '[') return oneBatch(await prometheusSamples(file));
  return (await isInOrder(file, zone)) ? csvSamples(file, zone) : sortedSamples(file, zone);
}

async function isInOrder(file: string, zone: string): Promise<boolean> {
  let latestMs = Number.NEGATIVE_INFINITY;
  for await (const batch of csvSamples(file, zone)) {
    for (const { atMs } of batch) {
      if (atMs < latestMs) return false;
      latestMs = atMs;
    }
  }
  return true;
}

async function* sortedSamples(file: string, zone: string): Samples {
  const held: Sample[] = [];
  for await (const batch of csvSamples(file, zone)) {
    for (const sample of batch) held.push(sample);
    if (held.length > heldMax)
      throw unreadable(file, `a file that is not in order of time may have ${heldMax} samples`);
  }
  yield held.sort((a, b) => a.atMs - b.atMs);
}

async function* oneBatch(samples: readonly Sample[]): Samples {
  yield samples;
}

async function beginningOf(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(1024), position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    throw unreadable(
      file,
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error),
    );
  }
}
