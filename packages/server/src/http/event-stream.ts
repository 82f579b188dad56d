/**
 * `GET /events`: what happens from now on, as server-sent events. Nothing is kept for a client that was away.
 *
 * A client that reads too slowly is cut off rather than waited for. Throws: `limit_exceeded` past `limits.eventStreams`.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { Readable } from 'node:stream';
import { GuiseError, limits } from '@guise/model';
import type { Listener } from '../store/listener.ts';

export interface EventStreams {
  open(): Readable;
  closeAll(): void;
}

/** A comment now and then, so that proxies keep the connection and a dead client is noticed. */
const keepAliveMs = 15_000;
const bufferBytes = 256 * 1024;

export function eventStreams(listener: Listener): EventStreams {
  const open = new Set<Readable>();
  const write = (text: string) => {
    for (const stream of open) {
      stream.push(text);
      if (stream.readableLength > bufferBytes) stream.destroy();
    }
  };
  listener.subscribe((signal) => {
    if (signal.type !== 'event') return;
    write(`event: ${signal.event}\ndata: ${JSON.stringify({ type: signal.event, subject: signal.subject })}\n\n`);
  });
  const timer = setInterval(() => write(': still here\n\n'), keepAliveMs);
  return {
    open: () => {
      if (open.size >= limits.eventStreams) {
        throw new GuiseError('limit_exceeded', `Cannot stream events: ${limits.eventStreams} clients do already`);
      }
      const stream = new Readable({ read: () => undefined });
      stream.push(': welcome\n\n');
      open.add(stream);
      stream.once('close', () => open.delete(stream));
      return stream;
    },
    closeAll: () => {
      clearInterval(timer);
      for (const stream of open) stream.push(null);
    },
  };
}
