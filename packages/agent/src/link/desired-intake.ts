/**
 * Takes what the control plane desires: verified first, all of it or nothing, and what came of it as an outcome to tell.
 *
 * What an older lease than this host has seen desires is nobody's wish any more: that is told, and nothing else comes of it.
 * A refusal is told once for each time that it is sent, raises an alert, and leaves the host what it is; nothing here asks for it again.
 * The roots that come with it are taken first; a state that was refused may be right under a new one, so it is asked for by a new hello.
 */
import type { AgentMessage, DesiredMessage } from '@guise/api';
import { errorBodyOf } from '@guise/api/agent-wire';
import { GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Engine } from '../engine/engine.ts';
import type { LeaseHost } from '../lease/lease-host.ts';
import type { Conductor } from '../triggers/conductor.ts';
import type { DesiredResult } from '../triggers/desired-progress.ts';
import type { HostTrust } from '../trust/host-trust.ts';
import { transactionIdOf } from './answer-ask.ts';

export type OutcomeMessage = Extract<AgentMessage, { readonly type: 'outcome' }>;

export interface DesiredIntakeParts {
  readonly engine: Pick<Engine, 'active'>;
  readonly conductor: Conductor;
  readonly trust: HostTrust;
  readonly lease: Pick<LeaseHost, 'see'>;
  readonly report: (line: string) => void;
  readonly reconnect: () => void;
}

const desiredAlert = 'signature:desired';
const rootAlert = 'signature:root';

export class DesiredIntake {
  readonly #parts: DesiredIntakeParts;
  #refusal: OutcomeMessage | null = null;
  #rootsTaken: Promise<void> = Promise.resolve();

  constructor(parts: DesiredIntakeParts) {
    this.#parts = parts;
  }

  /** What the agent has on its disk and need not be sent; nothing from before there were signatures. */
  get known(): { readonly generation: number; readonly digest: DesiredMessage['digest'] } | null {
    const { desired } = this.#parts.conductor;
    if (desired === null || desired.layers.some(({ signature }) => signature === undefined)) return null;
    return { generation: desired.generation, digest: desired.digest };
  }

  /** Of what was desired last: refused, or what the switch came to. */
  get outcome(): OutcomeMessage | null {
    const { desiredResult } = this.#parts.conductor;
    return this.#refusal ?? (desiredResult === null ? null : outcomeOf(desiredResult));
  }

  /** Resolves when every root that came so far was taken or refused. */
  get rootsTaken(): Promise<void> {
    return this.#rootsTaken;
  }

  takeRoots(roots: readonly Envelope[]): void {
    if (roots.length > 0) this.#rootsTaken = this.#rootsTaken.then(() => this.#follow(roots));
  }

  /** The outcome to tell at once; null when that comes with the switch. */
  async take({ generation, digest, layers: sent, secrets, fence }: DesiredMessage): Promise<OutcomeMessage | null> {
    await this.#rootsTaken;
    const { engine, conductor, trust, lease } = this.#parts;
    try {
      if (fence !== undefined) lease.see(fence);
      // A revert may have brought back older versions than were desired last: what is active may stay.
      const layers = trust.accept(sent, [...(conductor.desired?.layers ?? []), ...engine.active()]);
      this.#refusal = null;
      conductor.alerts.clear(desiredAlert);
      conductor.follow({ generation, digest, layers, secrets });
      return null;
    } catch (error) {
      if (error instanceof GuiseError && error.code === 'lease_lost') return refused(generation, error);
      this.#refusal = refused(generation, this.#raise(desiredAlert, error));
      return this.#refusal;
    }
  }

  async #follow(roots: readonly Envelope[]): Promise<void> {
    const { trust, conductor, report, reconnect } = this.#parts;
    try {
      await trust.followRoots(roots);
      conductor.alerts.clear(rootAlert);
      report(`this host goes by root ${trust.rootVersion} now`);
      if (this.#refusal !== null) reconnect();
    } catch (error) {
      this.#raise(rootAlert, error);
    }
  }

  #raise(key: string, error: unknown): GuiseError {
    if (!(error instanceof GuiseError)) throw error;
    const { conductor, report } = this.#parts;
    report(`refused what the control plane sent: ${error.message}`);
    conductor.alerts.raise({ key, type: 'signature', severity: 'warning', instance: null, message: error.message });
    return error;
  }
}

function refused(generation: number, error: GuiseError): OutcomeMessage {
  const { error: body } = errorBodyOf(error);
  return { type: 'outcome', generation, result: 'failed', transaction_id: null, error: body };
}

function outcomeOf({ desired, result }: DesiredResult): OutcomeMessage {
  const failed = result.type === 'failed';
  return {
    type: 'outcome',
    generation: desired.generation,
    result: failed ? 'failed' : result.outcome.type,
    transaction_id: failed ? null : transactionIdOf(result.outcome),
    error: failed ? errorBodyOf(result.error).error : null,
  };
}
