/**
 * An audit log in a file: one line of canonical JSON for the log, each entry, and each checkpoint after its last entry.
 *
 * It ends with a checkpoint, so everything in it is signed. There is one way to write each line, so any byte changed shows.
 * Memory: one line.
 * Throws: `audit_broken` for a line that is not of an export; `argument_invalid` when the file cannot be read.
 */
import { createReadStream } from 'node:fs';
import { canonicalJson, GuiseError, type Json, limits } from '@guise/model';
import { z } from 'zod';
import type { LogEvent } from './log-event.ts';

/** 32 bytes; the last characters of base64 have bits that mean nothing, and must be zero. */
const hash = z.string().refine((text) => text.length === 44 && Buffer.from(text, 'base64').toString('base64') === text);
const count = z.int().min(0);
const text = z.string().nullable();

const header = z.strictObject({ guise_audit: z.literal(1), origin: z.string(), key: hash, size: count });
const leaf = z.strictObject({
  hash,
  sequence: count,
  entry: z
    .strictObject({
      sequence: count,
      at: z.string(),
      actor: z.string(),
      action: z.string(),
      resource: z.string(),
      cause: text,
      before: text,
      after: text,
      outcome: z.string(),
      detail: z.unknown() as unknown as z.ZodType<Json>,
    })
    .nullable(),
});
const signed = z.strictObject({ checkpoint: z.string().max(limits.checkpointChars) });
const line = z.union([leaf, signed]);

export type ExportHeader = Omit<z.output<typeof header>, 'guise_audit'>;

export function headerLine({ origin, key, size }: ExportHeader): string {
  return `${canonicalJson({ guise_audit: 1, origin, key, size })}\n`;
}

/** Null for what has no line. */
export function lineOf(event: LogEvent): string | null {
  switch (event.type) {
    case 'leaf': {
      const { sequence, entry } = event;
      const { hash } = { hash: Buffer.from(event.hash).toString('base64') };
      return `${canonicalJson({ hash, sequence, entry: entry as unknown as Json })}\n`;
    }
    case 'checkpoint':
      return `${canonicalJson({ checkpoint: event.note })}\n`;
    case 'log':
    case 'stray':
      return null;
  }
}

export async function* readExport(path: string): AsyncGenerator<LogEvent> {
  let number = 0;
  let index = 0;
  for await (const found of linesOf(path)) {
    number += 1;
    if (number === 1) yield { type: 'log', ...parsed(header, found, number), isClosed: true };
    else {
      const value = parsed(line, found, number);
      if ('checkpoint' in value) yield { type: 'checkpoint', note: value.checkpoint };
      else {
        const { sequence, entry } = value;
        yield { type: 'leaf', index, sequence, hash: Buffer.from(value.hash, 'base64'), entry };
        index += 1;
      }
    }
  }
  if (number === 0) throw broken(1, 'the file is empty');
}

function parsed<Schema extends z.ZodType>(schema: Schema, found: string, number: number): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(found);
    if (canonicalJson(value as Json) !== found) throw new Error('it is not written as an export writes it');
  } catch (error) {
    throw broken(number, error instanceof Error ? error.message : '');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw broken(number, 'it is no line of an export');
}

function broken(number: number, why: string): GuiseError {
  return new GuiseError('audit_broken', `Cannot believe line ${number} of the export: ${why}`);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = Buffer.alloc(0);
  let number = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(lineFeed); end !== -1; end = rest.indexOf(lineFeed)) {
        number += 1;
        yield decoder.decode(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > limits.auditLineBytes) throw broken(number + 1, 'it is too long');
    }
  } catch (cause) {
    if (cause instanceof GuiseError) throw cause;
    if (cause instanceof TypeError) throw broken(number, 'it is not UTF-8');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('argument_invalid', `Cannot read ${path}: ${reason}`, { cause });
  }
  if (rest.length > 0) throw broken(number + 1, 'its end is missing');
}

const lineFeed = 0x0a;
