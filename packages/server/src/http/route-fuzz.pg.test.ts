/** Every route of the table against anything that JSON, a path, a query or a header can be: refused in the one shape, or done; never a 5xx. */
import type { Route } from '@guise/api';
import { errorBody, routes } from '@guise/api';
import { limits } from '@guise/model';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

/** A refusal tells of `limits.problemsReported` problems, each with an excerpt. */
const answerBytesMax = 256 * 1024;
/** The stream of events has no end to wait for. */
const table = Object.values<Route>(routes).filter(({ response }) => response !== 'text/event-stream');

/** What is wrong with an answer; null when nothing is. */
async function faultOf(response: Response, { statuses }: Route): Promise<string | null> {
  const text = await response.text();
  if (text.length >= answerBytesMax) return `${text.length} bytes`;
  if (statuses.includes(response.status)) return null;
  const isRefusal = response.status >= 400 && response.status < 500 && !/node_modules|\.ts:\d+/.test(text);
  return isRefusal && errorBody.safeParse(JSON.parse(text)).success ? null : `${response.status} ${text}`;
}

const odd = [
  'x',
  'a b',
  '%',
  '%00',
  '%2e%2e',
  '..%2f..',
  '%ff%fe',
  '%0d%0aset-cookie:a',
  "';--",
  '*',
  'é',
  '__proto__',
  'constructor',
  'a'.repeat(200),
  'k=v',
  '-1',
  '1e9',
  '99999999999999999999',
];
const part = fc.oneof(fc.constantFrom(...odd), fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent));

function pathOf({ path }: Route, parts: readonly string[]): string {
  let next = 0;
  return path.replaceAll(/\{\w+\}/g, () => parts[next++ % parts.length] || 'x');
}

/** Names that mean something in a body of the route, however deep. */
function namesIn(route: Route): readonly string[] {
  if (route.body === undefined) return [];
  const text = JSON.stringify(z.toJSONSchema(route.body, { io: 'input', unrepresentable: 'any' }));
  return [...new Set([...text.matchAll(/"(\w+)":\{/g)].map(([, name]) => name!))].filter(
    (name) => name !== 'properties',
  );
}

function bodies(route: Route) {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(...odd, '\u0000', '\ud800', 'web', 'h1', '2h', 'sha256:0', 2 ** 53, -1, 1e300, 0.5),
  );
  const names = namesIn(route);
  const key = names.length === 0 ? fc.string() : fc.constantFrom(...names);
  const object = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value), fc.array(fc.dictionary(key, value))));
  return fc.oneof(
    object.map((each) => JSON.stringify(each)),
    fc.array(object).map((each) => JSON.stringify(each)),
    value.map((each) => JSON.stringify(each)),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
}

describe.each(table.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_name, route) => {
  it('refuses or does what it is asked, whatever that is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 2 }),
        fc.option(fc.tuple(fc.constantFrom('cursor', 'limit', 'host_id', 'tags', 'address', 'instance', 'x'), part)),
        bodies(route),
        async (parts, query, body) => {
          const path = `${pathOf(route, parts)}${query === null ? '' : `?${query[0]}=${query[1]}`}`;
          const withBody = route.method === 'GET' ? {} : { body };
          expect(await faultOf(await server.request(route.method, path, withBody), route)).toBeNull();
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('a body of a route that takes one', () => {
  const withBody = table.filter(({ body }) => body !== undefined);

  it.each(withBody.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'that is huge, deep or wide is refused: %s',
    async (_name, route) => {
      const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
      const wide = JSON.stringify(
        Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index])),
      );
      const long = JSON.stringify({ name: 'a'.repeat(limits.requestBodyBytes / 16), document: 'b'.repeat(500_000) });
      const many = `[${'[],'.repeat(20_000)}[]]`;
      for (const body of [deep, wide, long, many]) {
        const response = await server.request(route.method, pathOf(route, ['x']), { body });
        expect([400, 404, 413]).toContain(response.status);
        expect(await faultOf(response, route)).toBeNull();
      }
    },
  );
});

it('one byte more, less or other in what is published is refused or is another document', async () => {
  const bytes = Buffer.from(JSON.stringify({ document: personaText('fuzzed', 10), file: 'web.yaml' }));
  const route = routes.publishPersona;
  const { url, adminToken } = server.running;
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(2), async (at, by, how) => {
      const changed = [
        Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] ?? 0) ^ by]), bytes.subarray(at + 1)]),
        Buffer.concat([bytes.subarray(0, at), Buffer.from([by]), bytes.subarray(at)]),
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
      ][how];
      expect(
        await faultOf(await fetch(`${url}${route.path}`, { method: 'POST', headers, body: changed! }), route),
      ).toBeNull();
    }),
    { numRuns: 100 },
  );
});

it('an event is an event or refused, in each of the three modes', async () => {
  const route = routes.postEvents;
  const { url, adminToken } = server.running;
  const attribute = fc.oneof(
    fc.constantFrom('1.0', 'a', '/b', '%', '%00', '"a"', '2026-01-01T00:00:00Z'),
    fc.string({ maxLength: 50 }),
  );
  const name = fc.constantFrom(
    'specversion',
    'id',
    'source',
    'type',
    'time',
    'subject',
    'guisehost',
    'data',
    '__proto__',
    'x-y',
  );
  const attributes = fc.dictionary(name, attribute);
  const mode = fc.oneof(
    attributes.map((each) => ({ type: 'application/cloudevents+json', headers: {}, body: JSON.stringify(each) })),
    fc.array(attributes).map((each) => ({
      type: 'application/cloudevents-batch+json',
      headers: {},
      body: JSON.stringify(each),
    })),
    fc.tuple(attributes, fc.oneof(fc.json(), fc.string())).map(([each, body]) => ({
      type: 'application/json',
      headers: Object.fromEntries(
        Object.entries(each).map(([key, value]) => [`ce-${key}`, value.replaceAll(/[^ -~]/g, '?').trim()]),
      ),
      body,
    })),
  );
  await fc.assert(
    fc.asyncProperty(mode, async ({ type, headers, body }) => {
      const all = { ...headers, authorization: `Bearer ${adminToken}`, 'content-type': type };
      expect(
        await faultOf(await fetch(`${url}${route.path}`, { method: 'POST', headers: all, body }), route),
      ).toBeNull();
    }),
    { numRuns: 100 },
  );
});
