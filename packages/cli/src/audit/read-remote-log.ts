/** The audit log of a control plane, page after page; a page is let go before the next one comes. */
import type { Client } from '@guise/api';
import type { LogEvent } from './log-event.ts';

type Page = Awaited<ReturnType<Client['exportAudit']>>;

export async function* readRemoteLog(client: Client): AsyncGenerator<LogEvent> {
  for (let from: number | null = 0; from !== null; ) {
    const page: Page = await client.exportAudit({ query: { from } });
    if (from === 0) yield { type: 'log', origin: page.origin, key: page.key, size: page.size, isClosed: false };
    yield* eventsOf(page);
    from = page.next;
  }
}

function* eventsOf({ entries, checkpoints, strays }: Page): Generator<LogEvent> {
  const waiting = checkpoints.map((note) => ({ note, size: sizeIn(note) }));
  for (const { index, sequence, hash, entry } of entries) {
    yield { type: 'leaf', index, sequence, hash: Buffer.from(hash, 'base64'), entry };
    while (waiting[0] !== undefined && waiting[0].size <= index + 1) {
      yield { type: 'checkpoint', note: waiting.shift()?.note ?? '' };
    }
  }
  for (const { note } of waiting) yield { type: 'checkpoint', note };
  for (const sequence of strays) yield { type: 'stray', sequence };
}

/** For its place alone: whoever takes the note verifies it. */
function sizeIn(note: string): number {
  return Number(note.split('\n')[1]) || 0;
}
