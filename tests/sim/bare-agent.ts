/** An agent that is nothing but its connection: it keeps what it is told, and says what a test makes it say. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Credential, openSocket, type Socket, systemClock } from '@guise/agent/link';
import type { AgentMessage, Ask, ServerMessage } from '@guise/api';
import { type CloudEvent, GuiseError, parseHostId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { enrolTestHost, eventually, identityIn } from './control-plane.ts';

type Answer = (question: Ask) => unknown;

export class BareAgent {
  readonly heard: ServerMessage[] = [];
  /** How it answers; a GuiseError is a refusal. */
  answer: Answer = () => null;
  readonly #name: string;
  readonly #socket: Socket;
  #isOpen = false;

  /** Connected to `agentUrl`, which may be another replica's than the one it enrols at. */
  static async join(server: RunningServer, agentUrl: string, name: string, directory: string): Promise<BareAgent> {
    const own = join(directory, name);
    mkdirSync(own, { recursive: true });
    await enrolTestHost(server, name, own);
    const { current } = identityIn(own, name);
    if (current === null) throw new Error(`${name} has no certificate`);
    const agent = new BareAgent(agentUrl, name, current);
    await eventually(`${name} is welcome`, () => agent.heard.some(({ type }) => type === 'welcome'));
    return agent;
  }

  constructor(url: string, name: string, credential: Credential) {
    this.#name = name;
    this.#socket = openSocket({
      url,
      credential,
      clock: systemClock,
      onOpen: () => {
        this.#isOpen = true;
        this.say({
          type: 'hello',
          protocol: 1,
          host_id: parseHostId(name),
          agent_version: '0.1.0',
          facts: {},
          known: null,
          checkpoint_size: 0,
        });
      },
      onMessage: (message) => this.#hear(message),
      onIgnored: (reason) => {
        throw new Error(`The control plane said what cannot be read: ${reason}`);
      },
      onEnd: () => {
        this.#isOpen = false;
      },
    });
  }

  get events(): readonly CloudEvent[] {
    return this.heard.flatMap((message) => (message.type === 'event' ? [message.event] : []));
  }

  /** Instances of the layers last desired of it. */
  get desired(): readonly string[] {
    const last = this.heard.findLast((message) => message.type === 'desired');
    return last?.layers.map(({ instance }) => instance) ?? [];
  }

  say(message: AgentMessage): void {
    if (!this.#socket.send(message)) throw new Error(`${this.#name} is not connected`);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await eventually(`${this.#name} is gone`, () => !this.#isOpen);
  }

  #hear(message: ServerMessage): void {
    this.heard.push(message);
    if (message.type !== 'ask') return;
    const answer = this.answer(message.question);
    if (answer instanceof GuiseError) {
      const { code, message: words, problems } = answer;
      this.say({ type: 'refusal', id: message.id, error: { code, message: words, problems: [...problems] } });
    } else {
      this.say({ type: 'answer', id: message.id, answer });
    }
  }
}
