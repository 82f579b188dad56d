/**
 * One agent's connection, from its `hello` to its end.
 *
 * Invariants: nothing is believed before a `hello` in the name of the host that the token belongs to; a message that is not
 * understood is counted and passed over; questions that wait when the connection ends fail at once.
 */

import type { WebSocket } from '@fastify/websocket';
import type { AgentMessage, Ask, ServerMessage } from '@guise/api';
import { agentMessage, agentMessageActions, decodeMessage, errorFrom, serverMessageActions } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { AgentConnection, Connections } from '../../app/connections.ts';
import type { HostMay } from '../../permissions/host-may.ts';
import type { Report, ReportIntake } from '../../reconcilers/report-intake.ts';
import { PendingAsks } from './pending-asks.ts';

export type Hello = Extract<AgentMessage, { readonly type: 'hello' }>;

export interface SessionParts {
  readonly connections: Connections;
  readonly intake: ReportIntake;
  /** Records the arrival; answers with the newest transaction that is known of the host. */
  readonly onHello: (hostId: HostId, hello: Hello) => Promise<string | null>;
  /** What policies let its agent say and hear. */
  readonly may: (hostId: HostId) => HostMay;
  readonly onReady: (hostId: HostId) => void;
  readonly onGone: (hostId: HostId) => void;
  readonly onIgnored: (hostId: HostId, reason: string) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Close codes of ours; 4000–4999 are for applications. Source: RFC 6455 §7.4.2. */
const closeCodes = { refused: 4400, replaced: 4409, silent: 4408 } as const;

const binary = { ok: false, reason: 'the message is binary' } as const;

export function serveAgent(socket: WebSocket, hostId: HostId, parts: SessionParts): void {
  const asks = new PendingAsks();
  const connection = connectionOf(socket, hostId, asks);
  let greeted = false;
  let silence = setTimeout(() => socket.close(closeCodes.silent, 'no hello came'), limits.helloTimeoutMs);

  const may = parts.may(hostId);
  const handle = async (message: AgentMessage): Promise<void> => {
    const about = message.type === 'hello' ? message.host_id : hostId;
    if (!(await mayExchange(may, message, about))) {
      const why = about === hostId ? 'a policy forbids it' : 'the token belongs to another host';
      return socket.close(closeCodes.refused, why);
    }
    if (message.type === 'hello') {
      connection.known = message.known;
      const last_transaction = await parts.onHello(hostId, message);
      if (socket.readyState !== socket.OPEN) return;
      greeted = true;
      parts.connections.add(connection);
      send(socket, { type: 'welcome', last_transaction });
      return parts.onReady(hostId);
    }
    // A confirmation comes over a connection of its own, which must not take the place of the first.
    const mayComeFirst = message.type === 'confirm_request';
    if (!greeted && !mayComeFirst) return socket.close(closeCodes.refused, 'the first message must be hello');
    return handleGreeted(message, { socket, hostId, asks, intake: parts.intake });
  };

  socket.on('message', (data, isBinary) => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(closeCodes.silent, 'nothing was heard for too long'), limits.silenceMs);
    const isText = !isBinary && Buffer.isBuffer(data);
    const decoded = isText ? decodeMessage(agentMessage, data.toString()) : binary;
    if (!decoded.ok) {
      parts.onIgnored(hostId, decoded.reason);
      if (!greeted) socket.close(closeCodes.refused, 'the first message must be hello, of a protocol known here');
      return;
    }
    if (greeted) parts.intake.heard(hostId);
    // One message at a time: what is not written yet is not read further.
    socket.pause();
    handle(decoded.message)
      .catch((error: unknown) => {
        parts.onFailure(error);
        socket.close(1011, 'the message could not be handled');
      })
      .finally(() => socket.resume());
  });
  // What was wrong shows as the close that follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(silence);
    asks.failAll(hostId);
    if (parts.connections.remove(connection)) parts.onGone(hostId);
  });
}

/** What it says now, and all that it may be sent afterwards: it is heard at least every `limits.silenceMs`. */
async function mayExchange(may: HostMay, message: AgentMessage, about: string): Promise<boolean> {
  for (const action of new Set([agentMessageActions[message.type], ...Object.values(serverMessageActions)])) {
    if (!(await may(action, about))) return false;
  }
  return true;
}

interface Greeted {
  readonly socket: WebSocket;
  readonly hostId: HostId;
  readonly asks: PendingAsks;
  readonly intake: ReportIntake;
}

async function handleGreeted(
  message: Exclude<AgentMessage, Hello>,
  { socket, hostId, asks, intake }: Greeted,
): Promise<void> {
  switch (message.type) {
    case 'heartbeat':
      return;
    case 'report':
    case 'transaction':
    case 'outcome':
    case 'candidates':
    case 'alerts':
      return intake.take(hostId, message satisfies Report);
    case 'answer':
      return asks.settle(message.id, { answer: message.answer });
    case 'refusal':
      return asks.settle(message.id, { error: errorFrom({ error: message.error }, 'host_unavailable') });
    case 'confirm_request':
      return send(socket, { type: 'confirm', transaction_id: message.transaction_id, nonce: message.nonce });
  }
}

function connectionOf(socket: WebSocket, hostId: HostId, asks: PendingAsks): AgentConnection {
  const sendParts = (head: string, tail: Buffer) => {
    socket.send(head, { fin: false });
    socket.send(tail, { fin: true, binary: false });
  };
  return {
    hostId,
    known: null,
    send: sendParts,
    tell: (head, tail) => {
      if (socket.bufferedAmount > limits.agentBacklogBytes) return false;
      sendParts(head, tail);
      return true;
    },
    ask: (question: Ask) => {
      if (asks.size >= limits.asksPerHost) {
        throw new GuiseError(
          'limit_exceeded',
          `Cannot ask "${hostId}": ${limits.asksPerHost} questions to it wait already`,
        );
      }
      const { id, answer } = asks.open(hostId);
      send(socket, { type: 'ask', id, question });
      return answer;
    },
    close: (reason) => socket.close(closeCodes.replaced, reason),
  };
}

function send(socket: WebSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message));
}
