/**
 * The agent's link to its control plane: a WebSocket that the agent opens and opens again, forever.
 *
 * Invariants: nothing here can stop the host from being what was last desired: that is on disk, and is applied with or without a
 * connection; whatever the other side says, the worst that comes of it is a new connection.
 */
import type { AgentMessage, ServerMessage } from '@guise/api';
import { errorBodyOf, wireProtocol } from '@guise/api';
import type { Facts, HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { ApplyOptions, Engine } from '../engine/engine.ts';
import { answerAsk, transactionIdOf } from './answer-ask.ts';
import { backoffMs, jitteredMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import { confirmSwitch } from './confirm-switch.ts';
import type { Result } from './desired-follower.ts';
import { DesiredFollower } from './desired-follower.ts';
import type { Desired, DesiredStore } from './desired-store.ts';
import { JournalSender } from './journal-sender.ts';
import type { Socket } from './socket.ts';
import { openSocket } from './socket.ts';

export interface LinkOptions {
  /** Such as `ws://control.example:7071`. */
  readonly url: string;
  readonly identity: { readonly hostId: HostId; readonly token: string };
  readonly agentVersion: string;
  readonly facts: () => Facts;
  readonly engine: Engine;
  readonly store: DesiredStore;
  readonly clock: LinkClock;
  /** Unguessable text, for confirmations. */
  readonly makeNonce: () => string;
  readonly report: (line: string) => void;
}

export interface Link {
  readonly connected: boolean;
  /** Finishes a switch that is running; changes nothing on the host. */
  close(): Promise<void>;
}

export function connectLink(options: LinkOptions): Link {
  const link = new AgentLink(options);
  link.start();
  return link;
}

class AgentLink implements Link {
  readonly #options: LinkOptions;
  readonly #follower: DesiredFollower;
  readonly #journal = new JournalSender();
  #socket: Socket | null = null;
  #welcomed = false;
  #failures = 0;
  #asksRunning = 0;
  #lastResult: AgentMessage | null = null;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { engine, store, clock, report } = options;
    this.#follower = new DesiredFollower({
      engine,
      store,
      clock,
      report,
      applyOptions: () => this.#applyOptions(),
      onResult: (desired, result) => this.#onResult(desired, result),
    });
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  start(): void {
    this.#follower.resume();
    this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#follower.close();
    this.#socket?.close();
  }

  #connect(): void {
    const { url, identity, clock, report } = this.#options;
    this.#socket = openSocket({
      url,
      clock,
      token: identity.token,
      onOpen: () => this.#hello(),
      onMessage: (message) => this.#onMessage(message),
      onIgnored: (reason) => report(`Passed over a message of the control plane: ${reason}`),
      onEnd: (reason) => this.#onEnd(reason),
    });
  }

  #hello(): void {
    const { identity, agentVersion, facts } = this.#options;
    const { desired } = this.#follower;
    this.#send({
      type: 'hello',
      protocol: wireProtocol,
      host_id: identity.hostId,
      agent_version: agentVersion,
      facts: { ...facts() },
      known: desired === null ? null : { generation: desired.generation, digest: desired.digest },
    });
  }

  #onEnd(reason: string): void {
    this.#cancelTimer();
    if (this.#welcomed) this.#options.report(`Lost the control plane: ${reason}`);
    this.#welcomed = false;
    if (this.#closed) return;
    const waitMs = backoffMs(this.#failures, this.#options.clock.random);
    this.#failures += 1;
    this.#cancelTimer = this.#options.clock.after(waitMs, () => this.#connect());
  }

  #onMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#onWelcome(message.last_transaction);
        return;
      case 'desired':
        this.#follower.follow(message);
        return;
      case 'event':
        // Nothing here waits for events.
        return;
      case 'ask':
        void this.#answer(message);
        return;
      case 'confirm':
        // Confirmations go over connections of their own.
        return;
    }
  }

  #onWelcome(lastTransaction: string | null): void {
    this.#welcomed = true;
    this.#failures = 0;
    this.#journal.startAfter(lastTransaction);
    void this.#sendReports();
    this.#scheduleHeartbeat();
  }

  #scheduleHeartbeat(): void {
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(jitteredMs(limits.heartbeatMs, clock.random), () => {
      this.#send({ type: 'heartbeat' });
      this.#scheduleHeartbeat();
    });
  }

  #onResult({ generation }: Desired, result: Result): void {
    const failed = result.type === 'failed';
    if (failed) this.#options.report(`Could not switch to generation ${generation}: ${result.error.message}`);
    this.#lastResult = {
      type: 'outcome',
      generation,
      result: failed ? 'failed' : result.outcome.type,
      transaction_id: failed ? null : transactionIdOf(result.outcome),
      error: failed ? errorBodyOf(result.error).error : null,
    };
    if (this.#welcomed) void this.#sendReports();
  }

  /** The journal's news, what the last desired state came to, and the state as it is now: whoever reads an outcome finds its transaction. */
  async #sendReports(): Promise<void> {
    const { engine, report } = this.#options;
    try {
      this.#journal.sendNew(engine.history(), (message) => this.#send(message));
      if (this.#lastResult !== null) this.#send(this.#lastResult);
      this.#send({ type: 'report', state: await engine.state() });
    } catch (error) {
      report(`Could not report: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #answer({ id, question }: Extract<ServerMessage, { readonly type: 'ask' }>): Promise<void> {
    if (this.#asksRunning >= limits.asksPerHost) {
      const error = new GuiseError(
        'limit_exceeded',
        `Cannot answer: ${limits.asksPerHost} questions are being answered already`,
      );
      return void this.#send({ type: 'refusal', id, ...errorBodyOf(error) });
    }
    this.#asksRunning += 1;
    try {
      const answer = await answerAsk(this.#options.engine, (to) => this.#follower.rollback(to), question);
      this.#send({ type: 'answer', id, answer });
      if (question.ask === 'rollback') await this.#sendReports();
    } catch (error) {
      this.#send({ type: 'refusal', id, ...errorBodyOf(refusalOf(error)) });
    } finally {
      this.#asksRunning -= 1;
    }
  }

  /** Only a host that the control plane can reach now can tell that it was cut off. */
  #applyOptions(): ApplyOptions {
    if (!this.#welcomed) return {};
    const { url, identity, clock, makeNonce } = this.#options;
    return {
      confirm: (transactionId, deadlineMs) =>
        confirmSwitch({ url, token: identity.token, clock, transactionId, deadlineMs, nonce: makeNonce() }),
    };
  }

  #send(message: AgentMessage): boolean {
    return this.#socket?.send(message) ?? false;
  }
}

function refusalOf(error: unknown): GuiseError {
  if (error instanceof GuiseError) return error;
  return new GuiseError('command_failed', 'Cannot answer: something went wrong in the agent', { cause: error });
}
