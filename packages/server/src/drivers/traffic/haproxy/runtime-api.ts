/**
 * One command to haproxy's runtime API, and what it answers.
 *
 * Each command has a connection of its own, which haproxy closes after its answer. A command is one line of words that hold nothing
 * which the API gives a meaning, so nobody's name becomes a command.
 * Throws: `traffic_failed` when it cannot be reached, is too slow, says too much, or ends in the middle; `address_refused`.
 * Source: HAProxy management guide, 9.3 "Unix Socket commands".
 */
import { connect } from 'node:net';
import { GuiseError, limits } from '@guise/model';
import { checkedHost, checkedSocket, type OutboundRules } from '../../../outbound/checked-place.ts';

export type AskHaproxy = (words: readonly string[], signal: AbortSignal) => Promise<string>;

/** `endpoint`: `unix:/PATH` or `tcp:HOST:PORT`. */
export function runtimeApi(endpoint: string, rules: OutboundRules): AskHaproxy {
  return async (words, signal) => {
    for (const word of words) requireWord(word);
    const timeout = AbortSignal.timeout(limits.trafficCommandTimeoutMs);
    try {
      return await exchange(await placeOf(endpoint, rules), words.join(' '), AbortSignal.any([signal, timeout]));
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof GuiseError && cause.code !== 'server_unavailable') throw cause;
      const why = timeout.aborted ? 'it does not answer in time' : reasonOf(cause);
      throw new GuiseError('traffic_failed', `Cannot ask haproxy at ${endpoint}: ${why}`, { cause });
    }
  };
}

type Place = { readonly path: string } | { readonly host: string; readonly port: number };

/** What an endpoint stands for, checked anew each time: a name may lead elsewhere by now. Throws: `address_refused`, `server_unavailable`. */
export async function placeOf(endpoint: string, rules: OutboundRules): Promise<Place> {
  const [, path] = /^unix:(.*)$/.exec(endpoint) ?? [];
  if (path !== undefined) return { path: await checkedSocket(path, rules) };
  const [, host = '', port] = /^tcp:(.*):(\d+)$/.exec(endpoint) ?? [];
  return { host: await checkedHost(host, rules), port: Number(port) };
}

/** The answer to one command ends with an empty line, then with the connection. */
async function exchange(place: Place, command: string, signal: AbortSignal): Promise<string> {
  const socket = connect({ ...place, signal });
  try {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    // Written, not ended: haproxy takes a closed half for a client that has gone.
    socket.write(`${command}\n`);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > limits.trafficAnswerBytes) {
        throw new Error(`its answer is longer than ${limits.trafficAnswerBytes} bytes`);
      }
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString();
    if (text.endsWith('\n')) return text.trim();
    throw new Error('it ended in the middle of its answer');
  } finally {
    socket.destroy();
  }
}

/** Spaces part words, `;` parts commands, `\` escapes, `#` opens a field and `<` a payload. */
function requireWord(word: string): void {
  if (/^[A-Za-z0-9_.:/-]+$/.test(word)) return;
  throw new GuiseError('argument_invalid', `Cannot use ${JSON.stringify(word.slice(0, 80))} in a command to haproxy`);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
