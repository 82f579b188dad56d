/**
 * CloudEvents of a recording, oldest first: a JSON list of them, or one on each line. Each needs its `time`.
 *
 * Throws: `argument_invalid` with the line, or the number in the list.
 */
import { readFile } from 'node:fs/promises';
import { cloudEvent } from '@guise/api';
import type { CloudEvent } from '@guise/model';
import { unreadable } from './sample-batch.ts';

export interface RecordedEvent {
  readonly atMs: number;
  readonly event: CloudEvent;
}

export async function recordedEvents(file: string): Promise<readonly RecordedEvent[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw unreadable(file, 'there is no such file, or it may not be read');
  });
  const entries = text.trimStart().startsWith('[') ? listed(text, file) : lines(text, file);
  return entries.map(({ place, value }) => recorded(value, place)).sort((a, b) => a.atMs - b.atMs);
}

interface Entry {
  readonly place: string;
  readonly value: unknown;
}

function listed(text: string, file: string): readonly Entry[] {
  const values = parsed(text, file);
  return (Array.isArray(values) ? values : []).map((value, index) => ({ place: `${file}, event ${index + 1}`, value }));
}

function lines(text: string, file: string): readonly Entry[] {
  return text.split('\n').flatMap((line, index) => {
    const place = `${file}:${index + 1}`;
    return line.trim() === '' ? [] : [{ place, value: parsed(line, place) }];
  });
}

function recorded(value: unknown, place: string): RecordedEvent {
  const result = cloudEvent.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw unreadable(place, `it must be a CloudEvent; ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong'}`);
  }
  const { time } = result.data;
  if (time === undefined) throw unreadable(place, 'an event of a recording must have its "time"');
  return { atMs: Date.parse(time), event: result.data };
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(place, `it is not JSON: ${(error as Error).message}`);
  }
}
