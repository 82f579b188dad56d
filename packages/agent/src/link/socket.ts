/**
 * One WebSocket to the control plane, in checked messages.
 *
 * Invariants: a message that is too large ends the connection before it is in memory; one that is not understood is reported
 * and passed over; a peer that is silent for `limits.silenceMs` is taken for gone.
 */
import type { AgentMessage, ServerMessage } from '@guise/api';
import { agentSocketPath, decodeMessage, serverMessage } from '@guise/api/agent-wire';
import { limits } from '@guise/model';
import { WebSocket } from 'ws';
import type { LinkClock } from './clock.ts';

export interface SocketOptions {
  /** Such as `ws://control.example:7071`. */
  readonly url: string;
  readonly token: string;
  readonly clock: LinkClock;
  readonly onOpen: () => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onIgnored: (reason: string) => void;
  /** Once, however it ended, also when it never opened. */
  readonly onEnd: (reason: string) => void;
}

export interface Socket {
  /** False when it could not be sent: closed, or larger than the control plane takes. */
  send(message: AgentMessage): boolean;
  close(): void;
}

const binary = { ok: false, reason: 'the message is binary' } as const;

export function openSocket(options: SocketOptions): Socket {
  const { clock } = options;
  const socket = new WebSocket(new URL(agentSocketPath, options.url), {
    headers: { authorization: `Bearer ${options.token}` },
    maxPayload: limits.wireMessageBytes,
    handshakeTimeout: limits.helloTimeoutMs,
    perMessageDeflate: false,
  });
  let reason = 'the connection ended';
  let cancelSilence: () => void = () => undefined;
  const heard = () => {
    cancelSilence();
    cancelSilence = clock.after(limits.silenceMs, () => {
      reason = 'the control plane fell silent';
      socket.terminate();
    });
  };
  socket.on('open', () => {
    heard();
    options.onOpen();
  });
  socket.on('pong', heard);
  socket.on('message', (data, isBinary) => {
    heard();
    const isText = !isBinary && Buffer.isBuffer(data);
    const decoded = isText ? decodeMessage(serverMessage, data.toString()) : binary;
    if (decoded.ok) options.onMessage(decoded.message);
    else options.onIgnored(decoded.reason);
  });
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('close', (_code, said) => {
    cancelSilence();
    options.onEnd(said.length > 0 ? said.toString() : reason);
  });
  return {
    send: (message) => {
      const text = JSON.stringify(message);
      if (socket.readyState !== socket.OPEN || text.length > limits.wireMessageBytes) return false;
      socket.send(text);
      // A heartbeat also asks whether anybody is there.
      if (message.type === 'heartbeat') socket.ping();
      return true;
    },
    close: () => socket.close(1000),
  };
}
