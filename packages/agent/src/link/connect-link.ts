/**
 * The agent's link to its control plane: a WebSocket that the agent opens and opens again, forever.
 *
 * Invariants: nothing here can stop the host from being what it should be: the conductor sees to that with or without a
 * connection; whatever the other side says, the worst that comes of it is a new connection. What is desired goes to the conductor once
 * its signatures were verified, or it is refused, told, and nothing changes.
 */
import type { AgentMessage, ServerMessage } from '@guise/api';
import { errorBodyOf, wireProtocol } from '@guise/api/agent-wire';
import type { Facts, TransactionReport } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { ApplyOptions, Engine } from '../engine/engine.ts';
import type { LeaseHost } from '../lease/lease-host.ts';
import type { Conductor } from '../triggers/conductor.ts';
import { transactionCause } from '../triggers/transaction-cause.ts';
import type { HostTrust } from '../trust/host-trust.ts';
import { rememberedSize, takeCheckpoints } from '../trust/take-checkpoints.ts';
import type { TrustStore } from '../trust/trust-store.ts';
import { answerAsk } from './answer-ask.ts';
import { backoffMs, jitteredMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import { confirmSwitch } from './confirm-switch.ts';
import { DesiredIntake } from './desired-intake.ts';
import type { Credential, IdentityStore } from './identity-store.ts';
import { JournalSender } from './journal-sender.ts';
import { isRefusal, keepRenewed } from './keep-renewed.ts';
import type { Socket } from './socket.ts';
import { openSocket } from './socket.ts';

export interface LinkOptions {
  /** Such as `https://control.example:7071`. */
  readonly url: string;
  /** Of a host that has enrolled. */
  readonly identity: IdentityStore;
  readonly agentVersion: string;
  readonly facts: () => Facts;
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly trust: HostTrust;
  readonly lease: LeaseHost;
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
  readonly #intake: DesiredIntake;
  #socket: Socket | null = null;
  #welcomed = false;
  #failures = 0;
  #asksRunning = 0;
  #cancelTimer: () => void = () => undefined;
  #closed = false;
  #stopRenewing: () => void = () => undefined;
  #isDown = true;
  /** The connection ends because the next one has a new certificate. */
  #isPlanned = false;
  /** What was told of a refusal, so that it is told once. */
  #refusalTold = '';

  constructor(options: LinkOptions) {
    this.#options = options;
    const { audit, conductor, clock, report } = options;
    this.#intake = new DesiredIntake({ ...options, reconnect: () => this.#socket?.close() });
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
    // The next connection shows the new certificate, and with its first use the old one ends.
    this.#stopRenewing = keepRenewed({ ...this.#options, onRenewed: () => this.#reconnect() });
  }

  close(): void {
    this.#closed = true;
    this.#stopRenewing();
    this.#cancelTimer();
    this.#socket?.close();
  }

  #connect(): void {
    const { url, clock, report } = this.#options;
    this.#isDown = false;
    this.#socket = openSocket({
      url,
      clock,
      credential: this.#credential(),
      onOpen: () => this.#hello(),
      onMessage: (message) => this.#onMessage(message),
      onIgnored: (reason) => report(`Passed over a message of the control plane: ${reason}`),
      onEnd: (reason, refusal) => this.#onEnd(reason, refusal),
    });
  }

  #hello(): void {
    const { identity, agentVersion, facts } = this.#options;
    const { rootVersion } = this.#options.trust;
    this.#send({
      type: 'hello',
      protocol: wireProtocol,
      host_id: identity.hostId,
      agent_version: agentVersion,
      facts: { ...facts() },
      checkpoint_size: rememberedSize(this.#options.audit.trust),
      known: this.#intake.known,
      fence: this.#options.lease.fence,
      ...(rootVersion === null ? {} : { root_version: rootVersion }),
    });
  }

  #onEnd(reason: string, refusal: GuiseError | null): void {
    const { clock, report } = this.#options;
    this.#cancelTimer();
    if (this.#welcomed && !this.#isPlanned) report(`Lost the control plane: ${reason}`);
    this.#welcomed = false;
    this.#isDown = true;
    if (this.#closed) return;
    const isRefused = isRefusal(refusal);
    if (isRefused && reason !== this.#refusalTold) {
      report(`The control plane refuses this host, which stays as it is: ${reason}`);
      this.#refusalTold = reason;
    }
    const waitMs = isRefused
      ? jitteredMs(limits.refusedRetryMs, clock.random)
      : this.#isPlanned
        ? 0
        : backoffMs(this.#failures, clock.random);
    this.#isPlanned = false;
    this.#failures += 1;
    this.#cancelTimer = clock.after(waitMs, () => this.#connect());
  }

  /** With the certificate that is current now, whether a connection is open, opening or waited for. */
  #reconnect(): void {
    this.#failures = 0;
    this.#isPlanned = true;
    if (this.#isDown) {
      this.#cancelTimer();
      this.#connect();
    } else this.#socket?.close();
  }

  #credential(): Credential {
    const { current } = this.#options.identity;
    if (current === null) throw new GuiseError('certificate_invalid', 'Cannot connect before this host has enrolled');
    return current;
  }

  #onMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        // Once a connection: another would start another heartbeat, which nothing would ever end.
        if (this.#welcomed) return;
        this.#intake.takeRoots(message.roots ?? []);
        this.#onWelcome(message.last_transaction);
        return;
      case 'roots':
        this.#intake.takeRoots(message.roots);
        return;
      case 'desired':
        void this.#intake.take(message).then((outcome) => outcome !== null && this.#send(outcome));
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
    this.#refusalTold = '';
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
      const outcome = this.#intake.outcome;
      const causeOf = (transaction: TransactionReport) => transactionCause(transaction, conductor);
      this.#journal.sendNew(engine.history(), causeOf, (message) => this.#send(message));
      if (outcome !== null) this.#send(outcome);
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
      await this.#intake.rootsTaken;
      this.#send({ type: 'answer', id, answer: await answerAsk(this.#options, question) });
    } catch (error) {
      this.#send({ type: 'refusal', id, ...errorBodyOf(refusalOf(error)) });
    } finally {
      this.#asksRunning -= 1;
    }
  }

  /** Only a host that the control plane can reach now can tell that it was cut off. */
  #applyOptions(): ApplyOptions {
    if (!this.#welcomed) return {};
    const { url, clock, makeNonce } = this.#options;
    return {
      confirm: (transactionId, deadlineMs) =>
        confirmSwitch({ url, credential: this.#credential(), clock, transactionId, deadlineMs, nonce: makeNonce() }),
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
