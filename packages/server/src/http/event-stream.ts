/**
 * `GET /events`: what happens from now on, as server-sent events. Nothing is kept for a client that was away.
 *
 * A client that reads too slowly is cut off rather than waited for, and one whose token ended, or who may no more, with the next look:
 * when somebody has less than before, and every `keepAliveMs`. Throws: `limit_exceeded` past `limits.eventStreams`, or
 * `limits.eventStreamsPerCaller`.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { Readable } from 'node:stream';
import { GuiseError, limits } from '@guise/model';
import type { Listener } from '../store/listener.ts';

/** Whether whoever reads a stream still may. */
type MayStay = () => Promise<boolean>;

interface Reader {
  readonly caller: string;
  readonly mayStay: MayStay;
}

export interface EventStreams {
  /** `caller`: whose stream it is. */
  open(caller: string, mayStay: MayStay): Readable;
  closeAll(): void;
}

/** A comment now and then, so that proxies keep the connection and a dead client is noticed. */
const keepAliveMs = 15_000;
const bufferBytes = 256 * 1024;

export function eventStreams(listener: Listener): EventStreams {
  const open = new Map<Readable, Reader>();
  const write = (text: string) => {
    for (const stream of open.keys()) {
      stream.push(text);
      if (stream.readableLength > bufferBytes) stream.destroy();
    }
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
  listener.subscribe((signal) => {
    if (signal.type === 'permissions') look();
    if (signal.type !== 'event') return;
    write(`event: ${signal.event}\ndata: ${JSON.stringify({ type: signal.event, subject: signal.subject })}\n\n`);
  });
  const timer = setInterval(() => {
    write(': still here\n\n');
    look();
  }, keepAliveMs);
  return {
    open: (caller, mayStay) => {
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
      stream.push(': welcome\n\n');
      open.set(stream, { caller, mayStay });
      stream.once('close', () => open.delete(stream));
      return stream;
    },
    closeAll: () => {
      clearInterval(timer);
      for (const stream of open.keys()) end(stream);
    },
  };
}
