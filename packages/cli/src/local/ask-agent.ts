/**
 * Asks the agent that runs on this machine what only it knows: its triggers and the holds of people.
 *
 * HTTP/1.0 by hand, because loading node:http takes as long as Node's own start. Null when there is no agent, it cannot answer, or the
 * command is not about this machine as it runs; then the journal alone has to do.
 */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { limits } from '@guise/model';
import type { HostPlace } from './host-place.ts';

const socketPath = '/run/guise/agent.sock';

/** `Answer` is what an agent of this version gives. */
export function askAgent<Answer>(path: string, { root, stateDir }: HostPlace): Promise<Answer | null> {
  if (root !== undefined || stateDir !== undefined || !existsSync(socketPath)) return Promise.resolve(null);
  return new Promise((answer) => {
    const chunks: Buffer[] = [];
    const socket = connect({ path: socketPath, timeout: limits.requestTimeoutMs });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => answer(answerIn(Buffer.concat(chunks).toString('utf8')) as Answer | null));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => answer(null));
    socket.on('close', () => answer(null));
    socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
  });
}

function answerIn(text: string): unknown {
  const end = text.indexOf('\r\n\r\n');
  if (!/^HTTP\/1\.[01] 200 /.test(text) || end < 0) return null;
  try {
    return JSON.parse(text.slice(end));
  } catch {
    return null;
  }
}
