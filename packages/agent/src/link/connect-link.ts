/**
 * The agent's link to its control plane: a WebSocket that the agent opens and opens again, forever.
 *
 * Invariants: nothing here can stop the host from being what it should be: the conductor sees to that with or without a
 * connection; whatever the other side says, the worst that comes of it is a new connection.
 */
import type { AgentMessage, ServerMessage } from '@guise/api';
import { errorBodyOf, wireProtocol } from '@guise/api/agent-wire';
import type { Facts, HostId, TransactionReport } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { ApplyOptions, Engine } from '../engine/engine.ts';
import type { Conductor } from '../triggers/conductor.ts';
import type { DesiredResult } from '../triggers/desired-progress.ts';
import { transactionCause } from '../triggers/transaction-cause.ts';
import { rememberedSize, takeCheckpoints } from '../trust/take-checkpoints.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import { answerAsk, transactionIdOf } from './answer-ask.ts';
import { backoffMs, jitteredMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import { confirmSwitch } from './confirm-switch.ts';
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
  readonly conductor: Conductor;
  readonly clock: LinkClock;
  /** What this host remembers of the audit log, and where checkpoints that it refused are kept. */
  readonly audit: { readonly trust: TrustStore; readonly evidencePath: string };
  /** Unguessable text, for confirmations. */
  readonly makeNonce: () => string;
  readonly report: (line: string) => void;
}

export interface Link {
  readonly connected: boolean;
  close(): void;
}

export function connectLink(options: LinkOptions): Link {
  const link = new AgentLink(options);
  link.start();
  return link;
}

class AgentLink implements Link {
  readonly #options: LinkOptions;
  readonly #journal = new JournalSender();
  readonly #takeCheckpoint: ReturnType<typeof takeCheckpoints>;
  readonly #news = new Set<'candidates' | 'alerts'>();
  #socket: Socket | null = null;
  #welcomed = false;
  #failures = 0;
  #asksRunning = 0;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { audit, conductor, clock, report } = options;
    this.#takeCheckpoint = takeCheckpoints({
      ...audit,
      alerts: conductor.alerts,
      nowMs: clock.nowMs,
      report,
      // The next hello says what is remembered.
      onFailure: () => this.#socket?.close(),
    });
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  start(): void {
    const { conductor } = this.#options;
    conductor.confirmThrough(() => this.#applyOptions());
    conductor.listen({
      onSwitch: () => void this.#sendReports(),
      onCandidates: () => this.#sendSoon('candidates'),
      onAlerts: () => this.#sendSoon('alerts'),
    });
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
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
    const { desired } = this.#options.conductor;
    this.#send({
      type: 'hello',
      protocol: wireProtocol,
      host_id: identity.hostId,
      agent_version: agentVersion,
      facts: { ...facts() },
      checkpoint_size: rememberedSize(this.#options.audit.trust),
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
        this.#options.conductor.follow(message);
        return;
      case 'event':
        this.#options.conductor.event(message.event);
        return;
      case 'ask':
        void this.#answer(message);
        return;
      case 'confirm':
        // Confirmations go over connections of their own.
        return;
      case 'checkpoint':
        this.#takeCheckpoint(message);
        return;
    }
  }

  #onWelcome(lastTransaction: string | null): void {
    this.#welcomed = true;
    this.#failures = 0;
    this.#journal.startAfter(lastTransaction);
    void this.#sendReports();
    this.#sendSoon('candidates');
    this.#sendSoon('alerts');
    this.#scheduleHeartbeat();
  }

  #scheduleHeartbeat(): void {
    const { clock } = this.#options;
    this.#cancelTimer = clock.after(jitteredMs(limits.heartbeatMs, clock.random), () => {
      this.#send({ type: 'heartbeat' });
      this.#scheduleHeartbeat();
    });
  }

  /** What changed in one turn is one message. */
  #sendSoon(news: 'candidates' | 'alerts'): void {
    if (!this.#welcomed) return;
    if (this.#news.size === 0) queueMicrotask(() => this.#sendNews());
    this.#news.add(news);
  }

  #sendNews(): void {
    const { conductor } = this.#options;
    const isNews = { candidates: this.#news.has('candidates'), alerts: this.#news.has('alerts') };
    this.#news.clear();
    if (isNews.candidates)
      this.#send({ type: 'candidates', candidates: [...conductor.candidateReports()], holds: [...conductor.holds()] });
    const { alerts, told } = conductor.alerts.toTell();
    if (isNews.alerts && this.#send({ type: 'alerts', alerts: [...alerts] })) told();
  }

  /** The journal's news, what the last desired state came to, and the state as it is now: whoever reads an outcome finds its transaction. */
  async #sendReports(): Promise<void> {
    const { engine, conductor, report } = this.#options;
    if (!this.#welcomed) return;
    try {
      const { desiredResult } = conductor;
      const causeOf = (transaction: TransactionReport) => transactionCause(transaction, conductor);
      this.#journal.sendNew(engine.history(), causeOf, (message) => this.#send(message));
      if (desiredResult !== null) this.#send(outcomeOf(desiredResult));
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
      const { engine, conductor } = this.#options;
      this.#send({ type: 'answer', id, answer: await answerAsk(engine, conductor, question) });
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

function outcomeOf({ desired, result }: DesiredResult): AgentMessage {
  const failed = result.type === 'failed';
  return {
    type: 'outcome',
    generation: desired.generation,
    result: failed ? 'failed' : result.outcome.type,
    transaction_id: failed ? null : transactionIdOf(result.outcome),
    error: failed ? errorBodyOf(result.error).error : null,
  };
}

function refusalOf(error: unknown): GuiseError {
  if (error instanceof GuiseError) return error;
  return new GuiseError('command_failed', 'Cannot answer: something went wrong in the agent', { cause: error });
}
