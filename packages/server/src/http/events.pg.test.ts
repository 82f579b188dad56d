/** Events over HTTP: what is taken, what is refused, whom they are for. No agent is connected. */
import { errorBody } from '@guise/api';
import { limits, parseHostId, parsePersonaId } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { sweepEvents } from '../store/events.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer();
let database: Database;
beforeAll(async () => {
  await server.start();
  database = await openDatabase(server.running.databaseUrl);
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});

beforeAll(async () => {
  for (const name of ['h1', 'h2', 'h3', 'h4']) await server.enrol(name);
});

let counter = 0;
function event(over: Record<string, unknown> = {}) {
  counter += 1;
  return { specversion: '1.0', id: `e${counter}`, source: '/test', type: 'test.happened', ...over };
}

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await server.request('POST', '/events', {
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      authorization: `Bearer ${server.running.adminToken}`,
      'content-type': 'application/cloudevents+json',
      ...headers,
    },
  });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
}

async function refusal(body: unknown, headers: Record<string, string> = {}) {
  const { status, body: answer } = await post(body, headers);
  return { status, ...errorBody.parse(answer).error };
}

const token = async (name: string) => {
  const created = await server.api.createToken({ body: { name, roles: ['operator'] } });
  return { authorization: `Bearer ${created.token}` };
};

describe('events', () => {
  it('are taken one by one, in batches, and with their attributes in headers', async () => {
    expect(await post(event())).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0, hosts: 0 } });
    expect(await post(event(), { 'content-type': 'application/json' })).toMatchObject({ body: { accepted: 1 } });
    const batch = await post([event(), event()], { 'content-type': 'application/cloudevents-batch+json' });
    expect(batch.body).toMatchObject({ accepted: 2 });
    const { specversion, id, source, type } = event();
    const binary = { 'ce-specversion': specversion, 'ce-id': id, 'ce-source': source, 'ce-type': type };
    const inHeaders = await post({ severity: 8 }, { ...binary, 'content-type': 'application/json' });
    expect(inHeaders.body).toMatchObject({ accepted: 1 });
    expect((await post(event({ id }))).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('that come again, at once or later, are accepted once', async () => {
    const twice = event();
    const other = event({ id: twice.id, source: '/another' });
    expect((await post([twice, other, { ...twice, data: 'other data' }])).body).toMatchObject({
      accepted: 2,
      duplicates: 1,
    });
    const again = await Promise.all(Array.from({ length: 20 }, () => post([other, twice, event()].toReversed())));
    const sum = again.reduce((total, { body }) => total + (body as { accepted: number }).accepted, 0);
    expect(sum).toBe(20);
  });

  it('are known again for a window, and new after it', async () => {
    const old = event();
    await post(old);
    await sweepEvents(database);
    expect((await post(old)).body).toMatchObject({ accepted: 0 });
    await sql`update event_keys set accepted_at = accepted_at - interval '1 day'`.execute(database);
    await sweepEvents(database);
    expect((await post(old)).body).toMatchObject({ accepted: 1 });
  });

  it('leave an audit entry that names them, unless they came before', async () => {
    const before = (await server.api.listAudit({ query: { resource: 'events', limit: 500 } })).items.length;
    const told = event();
    await post(told);
    await post(told);
    const { items } = await server.api.listAudit({ query: { resource: 'events', limit: 500 } });
    expect(items).toHaveLength(before + 1);
    expect(items[0]).toMatchObject({
      actor: 'admin',
      action: 'event:post',
      detail: { accepted: 1, events: [{ id: told.id, source: '/test', type: 'test.happened' }] },
    });
  });
});

describe('events that are refused', () => {
  it.each([
    [{ specversion: '0.3' }, 'specversion'],
    [{ id: '' }, 'id'],
    [{ type: undefined }, 'type'],
    [{ time: 'yesterday' }, 'time'],
    [{ Severity: 8 }, 'Severity'],
    [{ severity: { level: 8 } }, 'severity'],
    [{ source: 'a\u0000b' }, 'source'],
    [{ note: 'half \ud83d' }, 'note'],
    [{ guisehost: '../etc' }, 'guisehost'],
    [{ guisetag: 'role' }, 'guisetag'],
    [{ guisegroup: 'edge', guisetag: 'role=web' }, 'guisetag'],
  ])('with %j say where', async (over, path) => {
    const { status, problems } = await refusal(JSON.stringify(event(over), null, 1));
    expect({ status, paths: problems.map((each) => each.path) }).toEqual({ status: 400, paths: [path] });
  });

  it('say where in a batch and in headers', async () => {
    const { problems } = await refusal([event(), event({ type: '' })]);
    expect(problems).toMatchObject([{ path: '1.type' }]);
    const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/a', 'content-type': 'application/json' };
    expect((await refusal('{}', headers)).problems).toMatchObject([{ path: 'type' }]);
    const broken = await refusal('{"severity": }', { ...headers, 'ce-type': 'a' });
    expect(broken).toMatchObject({ status: 400, problems: [{ rule: 'must be JSON' }] });
  });

  it('are too large, too many, of another media type, or for a host that is not there', async () => {
    const data = 'a'.repeat(limits.eventSizeBytes);
    expect(await refusal(event({ data }))).toMatchObject({
      status: 413,
      code: 'limit_exceeded',
      message: expect.stringContaining(`${limits.eventSizeBytes} are allowed`),
    });
    expect(await refusal(event({ data: 'a'.repeat(10 * 1024 * 1024) }))).toMatchObject({ status: 413 });
    expect(await refusal(Array.from({ length: limits.eventsPerRequest + 1 }, () => event()))).toMatchObject({
      status: 400,
    });
    expect(await refusal([])).toMatchObject({ status: 400 });
    expect(await refusal('<a/>', { 'content-type': 'text/xml' })).toMatchObject({ status: 415 });
    expect(await refusal(event({ guisehost: 'nobody' }))).toMatchObject({ status: 404, code: 'host_not_found' });
  });

  it('make more messages to hosts than one request may', async () => {
    const each = limits.eventDeliveriesPerRequest / limits.eventsPerRequest;
    await sql`insert into hosts (host_id, tags) select 'many-' || number, '{"crowd": "yes"}'
      from generate_series(0, ${each}::integer) as number`.execute(database);
    const events = Array.from({ length: limits.eventsPerRequest }, () => event({ guisetag: 'crowd=yes' }));
    const crowd = await token('crowd');
    expect(await refusal(events, crowd)).toMatchObject({
      status: 413,
      message: expect.stringContaining(`${limits.eventDeliveriesPerRequest} are allowed`),
    });
    await sql`delete from hosts where host_id = 'many-0'`.execute(database);
    const taken = await post(events, await token('crowd without one'));
    expect(taken.body).toEqual({ accepted: limits.eventsPerRequest, duplicates: 0, hosts: each });
    await sql`delete from hosts where host_id like 'many-%'`.execute(database);
    await sql`delete from events`.execute(database);
  });

  it('change nothing when one of a batch is refused', async () => {
    const good = event();
    expect(await refusal([good, event({ guisehost: 'nobody' })])).toMatchObject({ status: 404 });
    expect((await post(good)).body).toMatchObject({ accepted: 1 });
  });
});

describe('a million events in a minute', () => {
  it('are bounded, in clear words, and disturb nobody else', async () => {
    const flooder = await token('flooder');
    const startedMs = Date.now();
    const requests = 1_000;
    const atOnce = 20;
    const answers: string[] = [];
    let accepted = 0;
    let sent = 0;
    const lane = async () => {
      while (sent < requests) {
        sent += 1;
        const batch = Array.from({ length: limits.eventsPerRequest }, () => event());
        const { status, retryAfter, body } = await post(batch, flooder);
        answers.push(`${status}, try again after ${retryAfter}`);
        if (status === 202) accepted += (body as { accepted: number }).accepted;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    const elapsedS = (Date.now() - startedMs) / 1000;
    expect(answers).toHaveLength(requests);
    expect([...new Set(answers)].sort()).toEqual(['202, try again after null', '429, try again after 1']);
    const inFlight = atOnce * limits.eventsPerRequest;
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThanOrEqual(limits.eventsAtOnce + elapsedS * limits.eventsPerSecond + inFlight);
    expect(await refusal(event(), flooder)).toMatchObject({
      code: 'rate_exceeded',
      message: expect.stringContaining('try again in'),
    });
    expect((await post(event())).status).toBe(202);
    const { rows } = await sql<{ events: number }>`select count(*)::integer as events from events`.execute(database);
    expect(rows[0]?.events).toBe(0);
    const metrics = await (await server.request('GET', '/metrics')).text();
    expect(metrics).toMatch(/^guise_events_refused_total\{status="429"\} [1-9]\d*$/m);
    expect(metrics).toMatch(/^guise_events_refused_total\{status="413"\} 3$/m);
    expect(metrics).toMatch(/^guise_events_accepted_total [1-9]\d*$/m);
    expect(metrics).toMatch(/^guise_events_duplicate_total [1-9]\d*$/m);
  });
});

describe('hosts that an event is for', () => {
  const hostsOf = async (over: Record<string, unknown>) => ((await post(event(over))).body as { hosts: number }).hosts;
  const publish = (id: string, leaf: string, more = '') =>
    server.api.publishPersona({
      body: {
        document: `guise: persona/v1\npersona_id: ${id}\nactivation_triggers: {external_event_subscriptions: ${leaf}}\n${more}`,
      },
    });

  it('are those with a candidate persona that waits for its type and source, however they came by it', async () => {
    await publish('on-alert', '{type: security.alert, source: /siem, for: 1h}');
    const params = { persona_id: parsePersonaId('on-alert') };
    const fromSiem = { type: 'security.alert', source: '/siem' };
    expect(await hostsOf(fromSiem)).toBe(0);
    await server.api.assignToHost({ params: { ...params, host_id: parseHostId('h1') }, body: {} });
    await server.api.putHostTags({ params: { host_id: parseHostId('h2') }, body: { tags: { role: 'web' } } });
    await server.api.assignToTag({ params: { ...params, tag: 'role=web' }, body: {} });
    expect(await hostsOf(fromSiem)).toBe(2);
    await server.api.putHostGroup({
      params: { group: 'rack' },
      body: { hosts: [parseHostId('h2'), parseHostId('h3')] },
    });
    await server.api.assignToGroup({ params: { ...params, group: 'rack' }, body: { instance: 'again' } });
    expect(await hostsOf(fromSiem)).toBe(3);
    await server.api.putHostTags({
      params: { host_id: parseHostId('h4') },
      body: { tags: { persona_group: 'alert' } },
    });
    await server.api.putPersonaGroup({ params: { group: 'alert' }, body: { personas: [params.persona_id] } });
    expect(await hostsOf(fromSiem)).toBe(4);
    expect(await hostsOf({ ...fromSiem, source: '/elsewhere' })).toBe(0);
    expect(await hostsOf({ ...fromSiem, type: 'security.calm' })).toBe(0);
  });

  it('follow the version that each of them has', async () => {
    await publish('on-deploy', '{type: deploy.v1, for: 1h}');
    const params = { persona_id: parsePersonaId('on-deploy') };
    await server.api.assignToHost({ params: { ...params, host_id: parseHostId('h1') }, body: { version: 1 } });
    await server.api.assignToHost({ params: { ...params, host_id: parseHostId('h2') }, body: {} });
    expect(await hostsOf({ type: 'deploy.v1' })).toBe(2);
    await publish('on-deploy', '{type: deploy.v2, for: 1h}');
    expect([await hostsOf({ type: 'deploy.v1' }), await hostsOf({ type: 'deploy.v2' })]).toEqual([1, 1]);
  });

  it('are all that it names, whether they wait for it or not', async () => {
    expect(await hostsOf({ guisehost: 'h3' })).toBe(1);
    expect(await hostsOf({ guisegroup: 'rack' })).toBe(2);
    expect(await hostsOf({ guisetag: 'role=web' })).toBe(1);
    expect(await hostsOf({ guisetag: 'persona_group=alert' })).toBe(1);
    expect(await hostsOf({ guisegroup: 'nobody' })).toBe(0);
  });

  it('are counted once in a batch', async () => {
    const { body } = await post([event({ guisehost: 'h3' }), event({ guisegroup: 'rack' }), event()]);
    expect(body).toMatchObject({ accepted: 3, hosts: 2 });
  });
});
