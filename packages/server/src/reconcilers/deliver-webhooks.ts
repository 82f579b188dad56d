/**
 * Tells webhooks what happened, from every process at once: each delivery is one process's for a time.
 *
 * At least once, in no order: killed before a receiver has answered, or before that was written down, the next process sends the same
 * delivery again, with the same id. One that fails is tried again, later each time, until `limits.webhookGiveUpMs` after what it tells;
 * then it has failed, which the audit and the watchers of events are told. A receiver that answers 410 wants no more and gets no more.
 * Source: Standard Webhooks 1.0, "Deliverability and reliability".
 */
import { GuiseError, limits } from '@guise/model';
import { guardedFetch } from '../outbound/guarded-fetch.ts';
import { webhookBody, webhookHeaders } from '../outbound/webhook-message.ts';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { Listener } from '../store/listener.ts';
import type { Vault } from '../store/vault.ts';
import type { ClaimedDelivery } from '../store/webhook-deliveries.ts';
import {
  claimDeliveries,
  endDelivery,
  failUnwanted,
  nextDeliveryMs,
  putOff,
  sweepDeliveries,
  webhooksWithUnwanted,
} from '../store/webhook-deliveries.ts';
import { disableWebhook, readWebhookSecret } from '../store/webhooks.ts';
import { DueWork } from './due-work.ts';

/** Where a test kills a process: before it sends, after the receiver has answered. */
export type DeliveryPoint = 'claimed' | 'sent';

interface Parts {
  readonly database: Database;
  readonly listener: Listener;
  readonly vault: Vault;
  readonly allowOutbound: readonly string[];
  /** Which control plane this is, for the CloudEvents. */
  readonly source: () => Promise<string>;
  readonly onFailure: (error: unknown) => void;
  readonly onEnded?: (outcome: 'delivered' | 'failed' | 'retried') => void;
  /** Defaults: of `limits`. */
  readonly timings?: { readonly timeoutMs: number; readonly retryMinMs: number; readonly giveUpMs: number };
  /** For tests: throws where this process is to die. It then does nothing more, as if it were gone. */
  readonly at?: (point: DeliveryPoint) => void;
}

export interface WebhookDeliverer {
  /** What is being sent is cut short, and sent again by whoever is next. */
  stop(): Promise<void>;
}

const actor = 'guise server';

export function deliverWebhooks(parts: Parts): WebhookDeliverer {
  const deliverer = new Deliverer(parts);
  const unsubscribe = parts.listener.subscribe((signal) => {
    if (signal.type === 'delivery') deliverer.work.look();
  });
  deliverer.work.look();
  return {
    stop: () => {
      unsubscribe();
      return deliverer.work.stop();
    },
  };
}

interface Answered {
  readonly status: number | null;
  /** Null when the receiver has taken it. */
  readonly error: string | null;
  /** As the receiver asks. */
  readonly retryAfterMs?: number;
}

class Deliverer {
  readonly #parts: Parts;
  readonly #timings: NonNullable<Parts['timings']>;
  readonly #fetch: typeof fetch;
  readonly work: DueWork<ClaimedDelivery>;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #isDead = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#timings = parts.timings ?? {
      timeoutMs: limits.outboundTimeoutMs,
      retryMinMs: limits.webhookRetryMinMs,
      giveUpMs: limits.webhookGiveUpMs,
    };
    this.#fetch = guardedFetch({ configured: null, allow: parts.allowOutbound });
    this.work = new DueWork({
      atOnce: limits.webhooksAtOnce,
      periodMs: limits.webhookPeriodMs,
      claim: (count) => this.#claim(count),
      nextMs: () => nextDeliveryMs(parts.database),
      take: (claimed) => this.#deliver(claimed),
      onFailure: parts.onFailure,
    });
  }

  async #claim(count: number): Promise<readonly ClaimedDelivery[]> {
    if (performance.now() - this.#sweptAt > limits.webhookSweepMs) await this.#sweep();
    // Longer than a receiver may take, so that none is sent twice while it is waited for.
    return claimDeliveries(this.#parts.database, { count, claimMs: this.#timings.timeoutMs * 2 });
  }

  async #sweep(): Promise<void> {
    const { database } = this.#parts;
    this.#sweptAt = performance.now();
    await sweepDeliveries(database);
    for (const webhookId of await webhooksWithUnwanted(database)) await this.#failUnwanted(webhookId);
  }

  async #failUnwanted(webhookId: string): Promise<void> {
    await mutate(this.#parts.database, actor, async (tx) => {
      const { count, error } = await failUnwanted(tx, webhookId);
      if (count === 0) return { value: undefined, audit: null, signals: [] };
      return {
        value: undefined,
        audit: {
          action: 'webhook:deliver',
          resource: `webhook/${webhookId}`,
          detail: { count, error },
          outcome: 'failed',
        },
        signals: [{ type: 'event', event: 'webhook.failed', subject: webhookId }],
      };
    });
  }

  async #deliver(claimed: ClaimedDelivery): Promise<void> {
    this.#reach('claimed');
    const answered = await this.#send(claimed);
    this.#reach('sent');
    if (this.#isDead) return;
    if (answered === null) return putOff(this.#parts.database, claimed, { waitMs: 0, status: null, error: null });
    const { status, error } = answered;
    if (error === null) {
      await endDelivery(this.#parts.database, claimed, { state: 'delivered', status, error });
      this.#parts.onEnded?.('delivered');
      return;
    }
    const waitMs = Math.max(this.#backoffMs(claimed.attempts), answered.retryAfterMs ?? 0);
    if (status !== 410 && claimed.ageMs + waitMs < this.#timings.giveUpMs) {
      await putOff(this.#parts.database, claimed, { waitMs, status, error });
      this.#parts.onEnded?.('retried');
      return;
    }
    await this.#giveUp(claimed, { status, error });
    this.#parts.onEnded?.('failed');
  }

  /** Null when it was cut short by the end of this process. */
  async #send(claimed: ClaimedDelivery): Promise<Answered | null> {
    const { database, vault, source } = this.#parts;
    const { event_id: eventId, delivery_id: deliveryId, type, subject, happened_at: at, data } = claimed;
    try {
      const secret = await readWebhookSecret(database, vault, claimed.webhook_id);
      if (secret === null) return { status: null, error: 'the webhook is gone' };
      const body = webhookBody(await source(), { eventId, type, subject, at, data });
      const headers = webhookHeaders(body, { secret, deliveryId, atMs: Date.now() });
      const signal = AbortSignal.any([this.work.signal, AbortSignal.timeout(this.#timings.timeoutMs)]);
      return answeredOf(await this.#fetch(claimed.url, { method: 'POST', headers, body, redirect: 'manual', signal }));
    } catch (error) {
      if (this.work.signal.aborted) return null;
      if (!(error instanceof GuiseError)) throw error;
      return { status: null, error: error.message };
    }
  }

  #backoffMs(attempts: number): number {
    return Math.min(this.#timings.retryMinMs * 2 ** Math.min(attempts - 1, 30), limits.webhookRetryMaxMs);
  }

  async #giveUp(claimed: ClaimedDelivery, { status, error }: Answered): Promise<void> {
    const { webhook_id, delivery_id, type, attempts } = claimed;
    const isGone = status === 410;
    await mutate(this.#parts.database, actor, async (tx) => {
      const isOurs = await endDelivery(tx, claimed, { state: 'failed', status, error });
      if (isGone && isOurs) await disableWebhook(tx, webhook_id);
      return {
        value: undefined,
        audit: isOurs
          ? {
              action: 'webhook:deliver',
              resource: `webhook/${webhook_id}`,
              detail: { delivery_id, type, attempts, error, disabled: isGone },
              outcome: 'failed',
            }
          : null,
        signals: isOurs
          ? [{ type: 'event', event: isGone ? 'webhook.disabled' : 'webhook.failed', subject: webhook_id }]
          : [],
      };
    });
  }

  #reach(point: DeliveryPoint): void {
    try {
      this.#parts.at?.(point);
    } catch (error) {
      this.#isDead = true;
      this.work.end();
      throw error;
    }
  }
}

function answeredOf({ status, headers }: Response): Answered {
  if (status >= 200 && status < 300) return { status, error: null };
  if (status >= 300 && status < 400) return { status, error: 'it sends elsewhere, where nobody follows it' };
  const [seconds] = /^\d{1,6}$/.exec(headers.get('retry-after') ?? '') ?? [];
  const retryAfterMs = Math.min(Number(seconds ?? 0) * 1000, limits.webhookRetryMaxMs);
  return { status, error: `it answers with HTTP status ${status}`, retryAfterMs };
}
