/**
 * One WebSocket to the control plane, in checked messages.
 *
 * Invariants: a message that is too large ends the connection before it is in memory; one that is not understood is reported
 * and passed over; a peer that is silent for `limits.silenceMs` is taken for gone.
 */
import type { AgentMessage, ServerMessage } from '@guise/api';
import { agentSocketPath, decodeMessage, serverMessage } from '@guise/api/agent-wire';
import { type GuiseError, limits } from '@guise/model';
import { WebSocket } from 'ws';
import { errorIn, parsed, tlsOptions } from './ask-agents-port.ts';
import type { LinkClock } from './clock.ts';
import type { Credential } from './identity-store.ts';

export interface SocketOptions {
  /** Such as `https://control.example:7071`. */
  readonly url: string;
  readonly credential: Credential;
  readonly clock: LinkClock;
  readonly onOpen: () => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onIgnored: (reason: string) => void;
  /** Once, however it ended, also when it never opened; with the control plane's words when it did not let this host in. */
  readonly onEnd: (reason: string, refusal: GuiseError | null) => void;
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
    ...tlsOptions(options.credential),
    maxPayload: limits.wireMessageBytes,
    handshakeTimeout: limits.helloTimeoutMs,
    perMessageDeflate: false,
  });
  let reason = 'the connection ended';
  let refusal: GuiseError | null = null;
  let wasAnswered = false;
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
  socket.on('unexpected-response', (_request, response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk.slice(0, limits.enrolmentAnswerBytes - text.length);
    });
    response.on('close', () => {
      wasAnswered = true;
      refusal = errorIn(parsed(text));
      reason = refusal?.message ?? `the control plane answered with the status ${response.statusCode}`;
      socket.terminate();
    });
  });
  socket.on('error', (error) => {
    if (!wasAnswered) reason = error.message;
  });
  socket.on('close', (_code, said) => {
    cancelSilence();
    options.onEnd(said.length > 0 ? said.toString() : reason, refusal);
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
