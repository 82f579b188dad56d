/**
 * One agent's connection, from its `hello` to its end.
 *
 * Invariants: nothing is believed before a `hello` in the name of the host that the certificate names; a message that is not
 * understood is counted and passed over; questions that wait when the connection ends fail at once; one that floods us is read at the
 * pace of `MessagePace`.
 */

import type { WebSocket } from '@fastify/websocket';
import type { AgentMessage, Ask, ServerMessage } from '@guise/api';
import { agentMessage, agentMessageActions, decodeMessage, errorFrom, serverMessageActions } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { HostPeer } from '../../app/admit-host.ts';
import type { AgentConnection, Connections } from '../../app/connections.ts';
import type { HostMay } from '../../permissions/host-may.ts';
import type { Report, ReportIntake } from '../../reconcilers/report-intake.ts';
import { closeCodes, closeReasonOf } from './close-codes.ts';
import { MessagePace } from './message-pace.ts';
import { PendingAsks } from './pending-asks.ts';

export type Hello = Extract<AgentMessage, { readonly type: 'hello' }>;

export interface Arrival {
  readonly lastTransaction: string | null;
  readonly roots: readonly Envelope[];
}

export interface SessionParts {
  readonly connections: Connections;
  readonly intake: ReportIntake;
  /**
   * Records the arrival; answers with the newest transaction that is known of the host, and the roots that it has not seen.
   * Throws: when it is let in no more.
   */
  readonly onHello: (peer: HostPeer, hello: Hello) => Promise<Arrival>;
  /** What policies let its agent say and hear. */
  readonly may: (hostId: HostId) => HostMay;
  readonly onReady: (hostId: HostId) => void;
  readonly onGone: (hostId: HostId) => void;
  readonly onIgnored: (hostId: HostId, reason: string) => void;
  readonly onFailure: (error: unknown) => void;
}

const binary = { ok: false, reason: 'the message is binary' } as const;

export function serveAgent(socket: WebSocket, peer: HostPeer, parts: SessionParts): void {
  const { hostId } = peer;
  const asks = new PendingAsks();
  const connection = connectionOf(socket, hostId, asks);
  const pace = new MessagePace();
  let pause: NodeJS.Timeout | undefined;
  let inTurn = Promise.resolve();
  let waiting = 0;
  let greeted = false;
  let silence = setTimeout(() => socket.close(closeCodes.silent, 'no hello came'), limits.helloTimeoutMs);

  const may = parts.may(hostId);
  const handle = async (message: AgentMessage): Promise<void> => {
    const about = message.type === 'hello' ? message.host_id : hostId;
    if (!(await mayExchange(may, message, about))) {
      const why = about === hostId ? 'a policy forbids it' : 'the certificate is of another host';
      return socket.close(closeCodes.refused, why);
    }
    if (message.type === 'hello') {
      connection.known = message.known;
      connection.checkpointSize = message.checkpoint_size;
      const { lastTransaction, roots } = await parts.onHello(peer, message);
      if (socket.readyState !== socket.OPEN) return;
      greeted = true;
      parts.connections.add(connection);
      connection.rootVersion = message.root_version === undefined ? null : message.root_version + roots.length;
      send(socket, { type: 'welcome', last_transaction: lastTransaction, roots: [...roots] });
      return parts.onReady(hostId);
    }
    // A confirmation comes over a connection of its own, which must not take the place of the first.
    const mayComeFirst = message.type === 'confirm_request';
    if (!greeted && !mayComeFirst) return socket.close(closeCodes.refused, 'the first message must be hello');
    return handleGreeted(message, { socket, hostId, asks, intake: parts.intake });
  };

  const readOn = () => {
    if (waiting === 0 && pause === undefined) socket.resume();
  };
  const slowDown = (sizeBytes: number) => {
    const waitMs = pace.waitMs(sizeBytes, Date.now());
    if (waitMs === 0) return;
    socket.pause();
    clearTimeout(pause);
    pause = setTimeout(() => {
      pause = undefined;
      readOn();
    }, waitMs);
  };

  socket.on('message', (data, isBinary) => {
    slowDown(Buffer.isBuffer(data) ? data.length : 0);
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
    // One message at a time: what is not written yet is not read further. What came with it in one piece waits for its turn.
    waiting += 1;
    socket.pause();
    inTurn = inTurn
      .then(() => handle(decoded.message))
      .catch((error: unknown) => {
        if (isRefusal(error)) return socket.close(closeCodes.identity, closeReasonOf(error));
        parts.onFailure(error);
        socket.close(1011, 'the message could not be handled');
      })
      .finally(() => {
        waiting -= 1;
        readOn();
      });
  });
  // What was wrong shows as the close that follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(silence);
    clearTimeout(pause);
    asks.failAll(hostId);
    if (parts.connections.remove(connection)) parts.onGone(hostId);
  });
}

/** Between the handshake and its hello the host was refused; no failure of ours. */
function isRefusal(error: unknown): error is GuiseError {
  return error instanceof GuiseError && (error.kind === 'forbidden' || error.kind === 'unauthenticated');
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
    rootVersion: null,
    checkpointSize: 0,
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
      const { id, answer } = asks.open(hostId, question);
      send(socket, { type: 'ask', id, question });
      return answer;
    },
    close: (reason) => socket.close(closeCodes.replaced, reason),
  };
}

function send(socket: WebSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message));
}
