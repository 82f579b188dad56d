/**
 * `GET /events`: what happens from now on, as server-sent events. Nothing is kept for a client that was away.
 *
 * With tags a client hears of the hosts that have them, and of nothing else. A client that reads too slowly is cut off rather than waited
 * for, and one whose token ended, or who may no more, with the next look: when somebody has less than before, and every `keepAliveMs`.
 * Throws: `limit_exceeded` past `limits.eventStreams`, or `limits.eventStreamsPerCaller`.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { Readable } from 'node:stream';
import type { LabelTerm } from '@guise/decide/placement';
import { GuiseError, limits } from '@guise/model';
import type { Database } from '../store/database.ts';
import type { Listener } from '../store/listener.ts';
import type { Signal } from '../store/signal.ts';
import { hostsSelected } from '../store/watched-hosts.ts';
import { WatchedPart } from './watched-part.ts';

interface Asked {
  /** Whose stream it is. */
  readonly caller: string;
  /** Whether whoever reads a stream still may. */
  readonly mayStay: () => Promise<boolean>;
  /** Null for everything that happens. */
  readonly terms: readonly LabelTerm[] | null;
}

interface Reader extends Asked {
  readonly part: WatchedPart | null;
  /** When everything before was told. */
  told: Promise<void>;
  waiting: number;
}

export interface EventStreams {
  open(asked: Asked): Readable;
  closeAll(): void;
}

/** A comment now and then, so that proxies keep the connection and a dead client is noticed. */
const keepAliveMs = 15_000;
const bufferBytes = 256 * 1024;

export function eventStreams(
  listener: Listener,
  database: Database,
  onFailure: (error: unknown) => void,
): EventStreams {
  const open = new Map<Readable, Reader>();
  const write = (stream: Readable, text: string) => {
    if (!open.has(stream)) return;
    stream.push(text);
    if (stream.readableLength > bufferBytes) stream.destroy();
  };
  const end = (stream: Readable) => {
    // Nothing may be written after its end.
    open.delete(stream);
    stream.push(null);
  };
  const look = () => {
    for (const [stream, { mayStay }] of open) {
      mayStay().then(
        (may) => may || end(stream),
        // Who cannot be asked for is not told more.
        () => end(stream),
      );
    }
  };
  /** One after the other for each reader, so that nobody hears of things in another order. */
  const inTurn = (stream: Readable, reader: Reader, work: () => Promise<void>) => {
    if (reader.waiting >= limits.eventsToRoute) return void stream.destroy();
    reader.waiting += 1;
    reader.told = reader.told.then(work).catch((error: unknown) => {
      onFailure(error);
      end(stream);
    });
    void reader.told.then(() => {
      reader.waiting -= 1;
    });
  };
  const tell = ({ event, subject }: Signal & { readonly type: 'event' }) => {
    const text = `event: ${event}\ndata: ${JSON.stringify({ type: event, subject })}\n\n`;
    for (const [stream, reader] of open) {
      const { part } = reader;
      if (part === null) write(stream, text);
      else
        inTurn(stream, reader, async () => {
          if (await part.covers(event, subject)) write(stream, text);
        });
    }
  };
  listener.subscribe((signal) => {
    if (signal.type === 'permissions') look();
    if (signal.type === 'event') tell(signal);
  });
  const timer = setInterval(() => {
    for (const [stream, reader] of open) {
      write(stream, ': still here\n\n');
      const { part } = reader;
      if (part !== null) inTurn(stream, reader, () => part.refresh());
    }
    look();
  }, keepAliveMs);
  return {
    open: (asked) => {
      const { caller, terms } = asked;
      if (open.size >= limits.eventStreams) {
        throw new GuiseError('limit_exceeded', `Cannot stream events: ${limits.eventStreams} clients do already`);
      }
      if ([...open.values()].filter((reader) => reader.caller === caller).length >= limits.eventStreamsPerCaller) {
        throw new GuiseError(
          'limit_exceeded',
          `Cannot stream events: "${caller}" has ${limits.eventStreamsPerCaller} streams already`,
        );
      }
      const stream = new Readable({ read: () => undefined });
      const part = terms === null ? null : new WatchedPart((among) => hostsSelected(database, terms, among));
      const reader: Reader = { ...asked, part, told: Promise.resolve(), waiting: 0 };
      open.set(stream, reader);
      stream.once('close', () => open.delete(stream));
      if (part === null) write(stream, ': welcome\n\n');
      // Whoever is welcome hears of everything from then on.
      else
        inTurn(stream, reader, async () => {
          await part.refresh();
          write(stream, ': welcome\n\n');
        });
      return stream;
    },
    closeAll: () => {
      clearInterval(timer);
      for (const stream of open.keys()) end(stream);
    },
  };
}
