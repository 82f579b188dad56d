/** A control plane in the wrong hands: it speaks the wire as it likes, to one agent, and hears what that says. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IdentityStore } from '@guise/agent/link';
import type { AgentMessage, DesiredMessage, ServerMessage } from '@guise/api';
import { type Digest, digestOfJson } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { readCertificateRequest } from '@guise/trust/certificate-request';
import {
  issueHostCertificate,
  issueServerCertificate,
  type KeyAndCertificate,
  makeAuthority,
} from '@guise/trust/certificates';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually } from './control-plane.ts';

export type Outcome = Extract<AgentMessage, { readonly type: 'outcome' }>;

export type SignedLayer = DesiredMessage['layers'][number];

export interface SentLayer {
  readonly persona_id: string;
  readonly version: number;
  readonly envelope?: unknown;
  readonly rollback?: Envelope;
  /** Default: the persona's id. */
  readonly instance?: string;
}

/** As it is assigned by whoever sends it. */
export function signedLayer(layer: SentLayer): SignedLayer {
  const terms = { instance: layer.persona_id, priority: 50, parameters: {}, assigned_by: 'host:h1 by a thief' };
  return { ...terms, ...layer } as SignedLayer;
}

interface Door {
  readonly server: Server;
  /** With the control plane its authority was stolen. */
  readonly authority: KeyAndCertificate;
}

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

export class StolenServer {
  readonly heard: AgentMessage[] = [];
  readonly #door: Door;
  #socket: WebSocket | null = null;
  #generation = 0;

  static async start(): Promise<StolenServer> {
    const authority = await makeAuthority(validity);
    const { key, certificate } = await issueServerCertificate(authority, validity);
    const server = createServer({ key, cert: certificate });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StolenServer({ server, authority });
  }

  constructor(door: Door) {
    this.#door = door;
    new WebSocketServer({ server: door.server }).on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as AgentMessage;
        this.heard.push(message);
        if (message.type === 'hello') this.say({ type: 'welcome', last_transaction: null });
      });
    });
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#door.server.address() as AddressInfo).port}`;
  }

  /** The host has enrolled, before anything was stolen. */
  async enrol(identity: IdentityStore): Promise<void> {
    const { authority } = this.#door;
    const { csr } = identity.prepareEnrolment(`sha256:${'0'.repeat(64)}`);
    const { publicKey } = readCertificateRequest(csr, identity.hostId);
    const { certificate } = await issueHostCertificate(authority, { hostId: identity.hostId, publicKey, ...validity });
    identity.accept({ certificate, generation: 1 }, authority.certificate);
  }

  say(message: ServerMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** The next desired state; resolves with what the agent says of it. */
  async desire(...layers: readonly SentLayer[]): Promise<Outcome> {
    this.#generation += 1;
    const generation = this.#generation;
    this.say({
      type: 'desired',
      generation,
      digest: digestOfJson([generation]) as Digest,
      layers: layers.map(signedLayer),
      secrets: [],
    });
    return this.outcomeOf(generation);
  }

  async outcomeOf(generation: number): Promise<Outcome> {
    const find = () =>
      this.heard.find((message) => message.type === 'outcome' && message.generation === generation) as Outcome;
    await eventually(`an outcome of generation ${generation}`, () => find() !== undefined);
    return find();
  }

  /** The agent's answer, or its refusal. */
  async ask(id: string, question: Extract<ServerMessage, { type: 'ask' }>['question']): Promise<AgentMessage> {
    this.say({ type: 'ask', id, question });
    const find = () =>
      this.heard.find((message) => (message.type === 'answer' || message.type === 'refusal') && message.id === id);
    await eventually('an answer', () => find() !== undefined);
    return find() as AgentMessage;
  }

  async close(): Promise<void> {
    this.#socket?.terminate();
    this.#door.server.close();
  }
}
