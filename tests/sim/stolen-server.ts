/** A control plane in the wrong hands: it speaks the wire as it likes, to one agent, and hears what that says. */
import { once } from 'node:events';
import type { AgentMessage, DesiredMessage, ServerMessage } from '@guise/api';
import { type Digest, digestOfJson } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
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

export class StolenServer {
  readonly heard: AgentMessage[] = [];
  readonly #server: WebSocketServer;
  #socket: WebSocket | null = null;
  #generation = 0;

  static async start(): Promise<StolenServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return new StolenServer(server);
  }

  constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as AgentMessage;
        this.heard.push(message);
        if (message.type === 'hello') this.say({ type: 'welcome', last_transaction: null });
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
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
    this.#server.close();
  }
}
