import { expect, it } from 'vitest';
import { newWebhookSecret, webhookBody, webhookHeaders } from './webhook-message.ts';

it('is signed as others sign', () => {
  // The example with which the libraries of Standard Webhooks are tested.
  const signing = {
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    atMs: 1_614_265_330_999,
  };
  expect(webhookHeaders('{"test": 2432232314}', signing)).toEqual({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'guise',
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('has another secret for each', () => {
  const [one, other] = [newWebhookSecret(), newWebhookSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one).not.toBe(other);
});

it('is a CloudEvent, with data only where there is some', () => {
  const happened = { eventId: 'e1', type: 'checkout.ready', subject: 'h1', at: new Date(0), data: null };
  const attributes = {
    specversion: '1.0',
    id: 'e1',
    source: '/guise/acme/production',
    type: 'checkout.ready',
    subject: 'h1',
    time: '1970-01-01T00:00:00.000Z',
  };
  expect(JSON.parse(webhookBody('/guise/acme/production', happened))).toEqual(attributes);
  expect(JSON.parse(webhookBody('/guise/acme/production', { ...happened, data: { a: 1 } }))).toEqual({
    ...attributes,
    datacontenttype: 'application/json',
    data: { a: 1 },
  });
});
