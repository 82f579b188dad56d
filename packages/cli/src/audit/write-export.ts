/**
 * Writes an audit log into a file, up to its newest checkpoint. Killed, it leaves `FILE.part`, which the next run writes anew.
 *
 * Throws: `argument_invalid` when the file cannot be written; `audit_broken` when nothing was signed yet.
 */
import { once } from 'node:events';
import { createWriteStream, renameSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Client } from '@guise/api';
import { GuiseError } from '@guise/model';
import { headerLine, lineOf } from './export-file.ts';
import type { LogEvent } from './log-event.ts';
import { readRemoteLog } from './read-remote-log.ts';

export interface Exported {
  readonly file: string;
  readonly origin: string;
  readonly key: string;
  readonly entries: number;
  readonly checkpoints: number;
}

export async function writeExport(client: Client, file: string, tell: (line: string) => void): Promise<Exported> {
  const { origin, key, newest } = await client.exportAudit();
  if (newest === null) {
    throw new GuiseError(
      'audit_broken',
      'Cannot export the audit log: nothing of it was signed yet; a checkpoint comes every minute',
    );
  }
  const { size } = newest;
  const part = `${file}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  const ended = finished(stream).catch((cause: Error) => {
    throw new GuiseError('argument_invalid', `Cannot write ${part}: ${cause.message}`, { cause });
  });
  const counted = { leaf: 0, checkpoint: 0 };
  const write = async () => {
    stream.write(headerLine({ origin, key, size }));
    for await (const event of upTo(size, readRemoteLog(client))) {
      counted[event.type] += 1;
      if (counted.leaf % 1_000 === 0) tell(`exported ${counted.leaf} of ${size} entries`);
      if (!stream.write(lineOf(event) ?? '')) await Promise.race([once(stream, 'drain'), ended]);
    }
    stream.end();
  };
  await Promise.all([write(), ended]);
  renameSync(part, file);
  return { file, origin, key, entries: counted.leaf, checkpoints: counted.checkpoint };
}

/** Leaves and checkpoints, until the newest of these. */
async function* upTo(size: number, events: AsyncIterable<LogEvent>) {
  for await (const event of events) {
    if (event.type === 'leaf' && event.index >= size) return;
    if (event.type === 'leaf' || event.type === 'checkpoint') yield event;
  }
}
