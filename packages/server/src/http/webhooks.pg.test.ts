/** Webhooks over HTTP: made, tested, listed and removed, with a real receiver; what a host reports reaches it. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bearer } from '../test-fleet.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer({ allowOutbound: ['127.0.0.0/8'] });
const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += String(chunk);
  });
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  await server.start();
});
afterAll(async () => {
  await server.stop();
  receiver.closeAllConnections();
  receiver.close();
});

const url = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;

describe('a webhook', () => {
  it('tells its secret once, and to nobody again', async () => {
    const made = await server.api.createWebhook({ body: { url: url(), types: ['host.*'] } });
    const { secret, ...shown } = made;
    expect(secret).toMatch(/^whsec_/);
    expect((await server.api.listWebhooks()).items).toEqual([shown]);
    const tested = await server.api.testWebhook({ params: { webhook_id: made.webhook_id } });
    expect(tested).toMatchObject({ type: 'webhook.test', state: 'waiting' });
    const [delivered] = await vi.waitFor(async () => {
      const { items } = await server.api.listWebhookDeliveries({ params: { webhook_id: made.webhook_id } });
      expect(items).toMatchObject([{ delivery_id: tested.delivery_id, state: 'delivered', status: 204 }]);
      return items;
    });
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const text = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(text).digest('base64')}`);
    expect(JSON.parse(body)).toMatchObject({ id: delivered?.event_id, source: '/guise/local/development' });
    const told = [await server.api.listAudit(), await server.api.listWebhooks(), server.reports, received];
    expect(JSON.stringify(told)).not.toContain(secret);
    await server.api.deleteWebhook({ params: { webhook_id: made.webhook_id } });
  });

  it('hears what happens to hosts, whoever says it', async () => {
    const made = await server.api.createWebhook({ body: { url: url(), types: ['host.enrolled'] } });
    await server.enrol('h1');
    await vi.waitFor(() => {
      const told = received.map(({ body }) => JSON.parse(body) as { type: string; subject: string });
      expect(told).toContainEqual(expect.objectContaining({ type: 'host.enrolled', subject: 'h1' }));
    });
    await server.api.deleteWebhook({ params: { webhook_id: made.webhook_id } });
    await expect(server.api.testWebhook({ params: { webhook_id: made.webhook_id } })).rejects.toMatchObject({
      code: 'webhook_not_found',
    });
  });

  it.each([
    ['https://10.0.0.1/hook', 403],
    ['https://169.254.169.254/hook', 403],
    ['http://example.com/hook', 403],
    ['ftp://example.com/hook', 400],
    ['https://me:secret@example.com/hook', 400],
    ['https://example.com/hook#part', 400],
    ['hook', 400],
  ])('is refused at %s', async (place, status) => {
    const body = JSON.stringify({ url: place, types: ['*'] });
    expect((await server.request('POST', '/webhooks', { body })).status).toBe(status);
  });

  it.each([[[]], [['Checkout.ready']], [['checkout*']], [['*.ready']], [Array(33).fill('*')]])(
    'is refused for the types %j',
    async (types) => {
      const body = JSON.stringify({ url: url(), types });
      expect((await server.request('POST', '/webhooks', { body })).status).toBe(400);
    },
  );

  it('is for operators, and no business of viewers', async () => {
    const viewer = await bearer(server, { roles: ['viewer'] });
    await expect(viewer.listWebhooks()).rejects.toMatchObject({ code: 'not_permitted' });
    const operator = await bearer(server, { roles: ['operator'] });
    const made = await operator.createWebhook({ body: { url: url(), types: ['*'] } });
    await operator.deleteWebhook({ params: { webhook_id: made.webhook_id } });
    const { items } = await server.api.listAudit({ query: { resource: `webhook/${made.webhook_id}` } });
    expect(items.map(({ action, before, after }) => [action, before === null, after === null])).toEqual([
      ['webhook:write', false, true],
      ['webhook:write', true, false],
    ]);
    expect(items[0]?.before).toBe(items[1]?.after);
  });
});
