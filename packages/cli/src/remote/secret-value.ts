/**
 * The value of a secret, from where no other user of this machine can see it: never from an argument, which every process can read.
 *
 * A file is taken byte for byte. Of what is piped or typed, one line break at its end is not part of the value when it is all one line,
 * because echo(1) adds it.
 * Throws: `argument_invalid` when there is none, too much of it, or no such file.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import type { OptionTable } from '../command.ts';
import type { Context } from '../context.ts';

export const secretValueOptions = {
  fromFile: { type: 'string', value: 'FILE', summary: 'Take the value from a file, byte for byte' },
  valueFromStdin: { type: 'boolean', summary: 'Take the value from standard input (what happens when it is piped)' },
  version: {
    type: 'string',
    value: 'NUMBER',
    summary: 'Give it this version instead of the next, which hosts may be past after a restore',
  },
} as const satisfies OptionTable;

export interface ValueRequest {
  readonly fromFile: string | undefined;
  readonly valueFromStdin: boolean;
  /** Bytes, as typed. */
  readonly random?: string | undefined;
}

export async function secretValue(context: Context, name: string, request: ValueRequest): Promise<Buffer> {
  const { fromFile, valueFromStdin, random } = request;
  if ([fromFile !== undefined, valueFromStdin, random !== undefined].filter(Boolean).length > 1)
    throw invalid('Cannot take a secret from two places: give --from-file, --value-from-stdin or --random');
  if (random !== undefined) return Buffer.from(randomBytes(lengthFrom(random)).toString('base64url'));
  const value = await valueFrom(context, name, request);
  if (value.length === 0) throw invalid(`Cannot set "${name}": the value is empty`);
  if (value.length > limits.secretBytes)
    throw invalid(`Cannot set "${name}": it may have ${limits.secretBytes} bytes at most, and has ${value.length}`);
  return value;
}

export function versionFrom(text: string | undefined): { readonly version?: number } {
  if (text === undefined) return {};
  if (/^[1-9]\d{0,8}$/.test(text)) return { version: Number(text) };
  throw invalid(`Cannot use --version ${text}: it must be a whole number from 1`);
}

async function valueFrom(context: Context, name: string, { fromFile, valueFromStdin }: ValueRequest): Promise<Buffer> {
  if (fromFile !== undefined) return readValue(resolve(context.cwd, fromFile));
  if (context.canAsk && !valueFromStdin) return Buffer.from(await context.askSecret(`Value of the secret "${name}": `));
  return withoutLastBreak(await readInput());
}

function readValue(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read ${path}`, { cause });
  }
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.secretBytes + 1)
      throw invalid(`Cannot use the input as a secret: it may have ${limits.secretBytes} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function withoutLastBreak(value: Buffer): Buffer {
  const first = value.indexOf(0x0a);
  return first === value.length - 1 ? value.subarray(0, first) : value;
}

function lengthFrom(text: string): number {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (bytes >= 16 && bytes <= 4096) return bytes;
  throw invalid(`Cannot use --random ${text}: it must be 16 to 4096 bytes`);
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', message);
}
