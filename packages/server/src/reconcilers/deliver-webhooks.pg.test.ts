/** Webhooks are told by real requests to a real receiver: two deliverers on one database stand for two processes. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Json } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newWebhookSecret } from '../outbound/webhook-message.ts';
import { listAudit } from '../store/audit.ts';
import { mutate } from '../store/database.ts';
import { type Listener, openListener } from '../store/listener.ts';
import { sendSignals } from '../store/signal.ts';
import { TestDatabase } from '../store/test-database.ts';
import { openVault, type Vault } from '../store/vault.ts';
import { listDeliveries } from '../store/webhook-deliveries.ts';
import { deleteWebhook, findWebhook, insertWebhook, readWebhooks } from '../store/webhooks.ts';
import { type DeliveryPoint, deliverWebhooks, type WebhookDeliverer } from './deliver-webhooks.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const test = new TestDatabase();
/** Long enough that no receiver here is too slow, however busy the machine is. */
const quick = { timeoutMs: 30_000, retryMinMs: 20, giveUpMs: 600_000 };
/** For receivers that never answer, and processes that never go on. */
const impatient = { ...quick, timeoutMs: 300 };
let vault: Vault;
let listener: Listener;
let receiver: Server;
let received: Received[] = [];
let answer: (response: ServerResponse, request: Received) => void;
let deliverers: WebhookDeliverer[] = [];
let failures: unknown[] = [];

beforeAll(async () => {
  await test.start();
  vault = openVault(join(test.directory, 'master.key'));
  listener = await openListener(test.url, () => undefined);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body };
      received.push(one);
      answer(response, one);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await listener.close();
  await test.stop();
});
beforeEach(() => {
  [received, deliverers, failures] = [[], [], []];
  answer = (response) => void response.writeHead(204).end();
});
afterEach(async () => {
  await Promise.all(deliverers.map((deliverer) => deliverer.stop()));
  for (const { webhook_id } of await readWebhooks(test.database)) await deleteWebhook(test.database, webhook_id);
});

const place = (path = '/hook') => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;

async function webhook(types: readonly string[] = ['*'], url = place()) {
  const secret = newWebhookSecret();
  return { ...(await insertWebhook(test.database, vault, { url, types, secret, by: 'alice' })), secret };
}

function deliver(more: Partial<Parameters<typeof deliverWebhooks>[0]> = {}): WebhookDeliverer {
  const deliverer = deliverWebhooks({
    database: test.database,
    listener,
    vault,
    allowOutbound: ['127.0.0.0/8'],
    source: async () => '/guise/acme/production',
    onFailure: (error) => failures.push(error),
    timings: quick,
    ...more,
  });
  deliverers.push(deliverer);
  return deliverer;
}

function happens(event: string, subject = 'h1', data?: Json): Promise<void> {
  return mutate(test.database, 'test', async () => ({
    value: undefined,
    audit: null,
    signals: [{ type: 'event', event, subject, ...(data === undefined ? {} : { data }) }],
  }));
}

const deliveriesOf = async (webhookId: string) =>
  (await listDeliveries(test.database, webhookId, { limit: 100 })).items;

function until(webhookId: string, state: 'delivered' | 'failed', count = 1) {
  return vi.waitFor(
    async () => {
      const ended = (await deliveriesOf(webhookId)).filter((each) => each.state === state);
      expect(ended).toHaveLength(count);
      return ended;
    },
    { timeout: 15_000, interval: 10 },
  );
}

/** As a receiver verifies. */
function isSigned({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const text = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}

describe('a webhook', () => {
  it('is told what it asked for as a signed CloudEvent, and nothing else', async () => {
    const hook = await webhook(['checkout.*', 'alert.raised']);
    deliver();
    for (const event of ['checkout.ready', 'alert.raised', 'alert.cleared', 'checkouts.odd', 'webhook.failed']) {
      await happens(event, 'h1', { of: event });
    }
    const delivered = await until(hook.webhook_id, 'delivered', 2);
    expect(received.map((each) => isSigned(each, hook.secret))).toEqual([true, true]);
    expect(received.map((each) => isSigned(each, newWebhookSecret()))).toEqual([false, false]);
    expect(received.map(({ headers }) => headers['content-type'])).toEqual(
      Array(2).fill('application/cloudevents+json; charset=utf-8'),
    );
    const ready = delivered.find(({ type }) => type === 'checkout.ready');
    expect(received.map(({ body }) => JSON.parse(body))).toContainEqual({
      specversion: '1.0',
      id: ready?.event_id,
      source: '/guise/acme/production',
      type: 'checkout.ready',
      subject: 'h1',
      time: ready?.happened_at,
      datacontenttype: 'application/json',
      data: { of: 'checkout.ready' },
    });
    expect(received.map(({ headers }) => String(headers['webhook-id'])).sort()).toEqual(
      delivered.map(({ delivery_id }) => delivery_id).sort(),
    );
    expect(await deliveriesOf(hook.webhook_id)).toHaveLength(2);
  });

  it('has its own secret and delivery of an event that several are told of', async () => {
    const hooks = [await webhook(['*'], place('/0')), await webhook(['host.state'], place('/1'))];
    deliver();
    await happens('host.state');
    for (const { webhook_id } of hooks) await until(webhook_id, 'delivered');
    const [one, other] = received.toSorted((a, b) => a.url.localeCompare(b.url)) as [Received, Received];
    expect([isSigned(one, hooks[0]!.secret), isSigned(other, hooks[1]!.secret)]).toEqual([true, true]);
    expect(one.headers['webhook-id']).not.toBe(other.headers['webhook-id']);
    expect(one.body).toBe(other.body);
  });

  it('is told nothing of what was taken back', async () => {
    const hook = await webhook();
    const taken = test.database.transaction().execute(async (tx) => {
      await sendSignals(tx, [{ type: 'event', event: 'checkout.ready', subject: 'h1' }]);
      throw new Error('taken back');
    });
    await expect(taken).rejects.toThrow('taken back');
    expect(await deliveriesOf(hook.webhook_id)).toEqual([]);
  });

  it('is told again until it has taken it, with the same id and a signature of then', async () => {
    const hook = await webhook();
    answer = (response) => void response.writeHead(received.length < 3 ? 500 : 200).end();
    deliver();
    await happens('checkout.ready');
    const [delivered] = await until(hook.webhook_id, 'delivered');
    expect(delivered).toMatchObject({ attempts: 3, status: 200, error: null });
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivered?.delivery_id]));
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received.every((each) => isSigned(each, hook.secret))).toBe(true);
  });

  it('is given up in the end, and the audit and the list tell', async () => {
    const hook = await webhook();
    answer = (response) => void response.writeHead(500).end();
    deliver({ timings: { ...quick, giveUpMs: 100 } });
    await happens('checkout.ready');
    const [failed] = await until(hook.webhook_id, 'failed');
    expect(failed).toMatchObject({ status: 500, error: 'it answers with HTTP status 500' });
    const { items } = await listAudit(test.database, { resource: `webhook/${hook.webhook_id}`, limit: 1 });
    expect(items).toMatchObject([
      { action: 'webhook:deliver', outcome: 'failed', detail: { delivery_id: failed?.delivery_id, disabled: false } },
    ]);
    // Of its own failure it is not told.
    expect(await deliveriesOf(hook.webhook_id)).toHaveLength(1);
  });

  it('that is gone (410) is told nothing more', async () => {
    const hook = await webhook();
    answer = (response) => void response.writeHead(410).end();
    deliver();
    await happens('checkout.ready');
    expect(await until(hook.webhook_id, 'failed')).toMatchObject([{ attempts: 1, status: 410 }]);
    expect((await findWebhook(test.database, hook.webhook_id))?.disabled_at).not.toBeNull();
    await happens('checkout.ready');
    expect(await deliveriesOf(hook.webhook_id)).toHaveLength(1);
  });

  it.each([
    [
      'redirects, which are not followed',
      (response: ServerResponse) => response.writeHead(302, { location: place('/else') }).end(),
      'it sends elsewhere, where nobody follows it',
    ],
    ['does not answer', () => undefined, expect.stringContaining('Cannot wait longer for')],
    ['breaks off', (response: ServerResponse) => response.destroy(), expect.stringContaining('Cannot reach')],
    [
      'talks without end',
      (response: ServerResponse) => response.end(Buffer.alloc(limits.outboundBodyBytes + 1)),
      expect.stringContaining('it is longer than'),
    ],
  ] as const)('that %s has not taken it', async (_, act, error) => {
    const hook = await webhook();
    answer = act;
    deliver({ timings: { ...impatient, giveUpMs: 50 } });
    await happens('checkout.ready');
    expect(await until(hook.webhook_id, 'failed')).toMatchObject([{ error }]);
    expect(received.map(({ url }) => url)).not.toContain('/else');
  });

  it.each(['http://127.0.0.1:1/', 'https://10.0.0.1/', 'https://169.254.169.254/', 'http://example.com/'])(
    'at %s is not connected to',
    async (url) => {
      const hook = await webhook(['*'], url);
      deliver({ allowOutbound: [], timings: { ...quick, giveUpMs: 0 } });
      await happens('checkout.ready');
      const [failed] = await until(hook.webhook_id, 'failed');
      expect(failed).toMatchObject({ status: null, error: expect.stringContaining('Cannot connect to') });
    },
  );

  it('that is slow keeps no other waiting', async () => {
    const slow = await webhook(['*'], place('/slow'));
    const fast = await webhook(['*'], place('/fast'));
    answer = (response, { url }) => {
      if (url === '/fast') response.writeHead(204).end();
    };
    deliver();
    const count = limits.webhooksAtOnce * 2;
    for (let at = 0; at < count; at++) await happens('checkout.ready');
    await until(fast.webhook_id, 'delivered', count);
    expect(received.filter(({ url }) => url === '/slow')).toHaveLength(limits.webhookDeliveriesAtOnce);
    expect((await deliveriesOf(slow.webhook_id)).filter(({ state }) => state === 'delivered')).toEqual([]);
  });

  it('gets each once from several processes that live', async () => {
    const hook = await webhook();
    for (const _ of [1, 2, 3]) deliver();
    await Promise.all(Array.from({ length: 60 }, () => happens('checkout.ready')));
    await until(hook.webhook_id, 'delivered', 60);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(60);
    expect(received).toHaveLength(60);
    expect(failures).toEqual([]);
  });

  it('that was removed gets nothing more', async () => {
    const hook = await webhook();
    answer = (response) => void response.writeHead(500).end();
    deliver();
    await happens('checkout.ready');
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(1), { timeout: 10_000 });
    await deleteWebhook(test.database, hook.webhook_id);
    const { rows } = await sql`select from webhook_deliveries`.execute(test.database);
    expect(rows).toEqual([]);
  });
});

describe('killed', () => {
  it('between commit and delivery, the next process delivers', async () => {
    const hook = await webhook();
    await happens('checkout.ready');
    expect(await deliveriesOf(hook.webhook_id)).toMatchObject([{ state: 'waiting', attempts: 0 }]);
    deliver();
    await until(hook.webhook_id, 'delivered');
  });

  it.each(['claimed', 'sent'] as const)(
    'when one was %s, the next process sends it with the same id',
    async (point) => {
      const hook = await webhook();
      deliver({
        timings: impatient,
        at: (reached: DeliveryPoint) => {
          if (reached === point) throw new Error('killed');
        },
      });
      await happens('checkout.ready');
      await vi.waitFor(() => expect(failures).toEqual([new Error('killed')]), { timeout: 10_000 });
      deliver();
      const [delivered] = await until(hook.webhook_id, 'delivered');
      expect(delivered?.attempts).toBe(2);
      expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(
        Array(point === 'sent' ? 2 : 1).fill(delivered?.delivery_id),
      );
    },
  );

  it('a receiver in the middle of its answer gets it again', async () => {
    const hook = await webhook();
    answer = (response) => {
      if (received.length > 1) return void response.writeHead(204).end();
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      response.destroy();
    };
    deliver();
    await happens('checkout.ready');
    await until(hook.webhook_id, 'delivered');
    const [first, second] = received;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  it('in good order, it leaves what it was sending to the next at once', async () => {
    const hook = await webhook();
    answer = () => undefined;
    const ending = deliver();
    await happens('checkout.ready');
    await vi.waitFor(() => expect(received).toHaveLength(1), { timeout: 10_000 });
    await ending.stop();
    answer = (response) => void response.writeHead(204).end();
    deliver();
    expect(await until(hook.webhook_id, 'delivered')).toMatchObject([{ attempts: 1 }]);
  });
});

describe('what waits', () => {
  it('is bounded, oldest first, and that is told', async () => {
    const hook = await webhook();
    await sql`insert into webhook_deliveries (webhook_id, event_id, type, subject, due_at)
      select ${hook.webhook_id}, gen_random_uuid(), 'x', 'h1', now() + interval '1 h'
      from generate_series(1, ${limits.webhookDeliveriesWaiting + 3})`.execute(test.database);
    deliver();
    const audit = () => listAudit(test.database, { resource: `webhook/${hook.webhook_id}`, limit: 10 });
    await vi.waitFor(async () => expect((await audit()).items).toHaveLength(1), { timeout: 10_000 });
    expect((await audit()).items[0]).toMatchObject({
      outcome: 'failed',
      detail: { count: 3, error: 'too many were waiting' },
    });
    const { rows } = await sql<{ error: string; count: number }>`select error, count(*)::int as count
      from webhook_deliveries where state = 'failed' group by 1`.execute(test.database);
    expect(rows).toEqual([{ error: 'too many were waiting', count: 3 }]);
  });

  it('is put off like any other when its secret cannot be read, with why', async () => {
    const hook = await webhook();
    await sql`update sealed_values set value = '\\x00' where name = ${`webhook/${hook.webhook_id}`}`.execute(
      test.database,
    );
    await happens('checkout.ready');
    deliver({ timings: { ...quick, giveUpMs: 100 } });
    const [failed] = await until(hook.webhook_id, 'failed');
    expect(failed?.error).toMatch(/^Cannot /);
    expect([received, failures]).toEqual([[], []]);
  });

  it('is forgotten long after it ended', async () => {
    const hook = await webhook();
    await happens('checkout.ready');
    await happens('checkout.ended');
    await sql`update webhook_deliveries set state = 'delivered',
      ended_at = now() - make_interval(secs => ${limits.webhookDeliveryKeptMs / 1000 + 1}) where type = 'checkout.ready'`.execute(
      test.database,
    );
    deliver();
    await vi.waitFor(
      async () => {
        const told = (await deliveriesOf(hook.webhook_id)).map(({ type, state }) => [type, state]);
        expect(told).toEqual([['checkout.ended', 'delivered']]);
      },
      { timeout: 10_000 },
    );
  });
});
