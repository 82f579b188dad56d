/** An agent that was enrolled and means harm: to the control plane, its database, and the reports of other hosts. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerMessage } from '@guise/api';
import { limits, parseHostId } from '@guise/model';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openDatabase } from '../../store/database.ts';
import { writeReports } from '../../store/reports.ts';
import type { TestAgent } from '../../test-agent.ts';
import { TestServer } from '../../test-server.ts';
import { MessagePace } from './message-pace.ts';

const server = new TestServer();
const agents = new Map<string, TestAgent>();
const sockets: WebSocket[] = [];
beforeAll(async () => {
  await server.start();
  for (const name of ['eve', 'alice']) agents.set(name, await server.enrol(name));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(() => server.stop());

async function greet(name: string): Promise<WebSocket> {
  const socket = new WebSocket(...agents.get(name)!.door);
  sockets.push(socket);
  await once(socket, 'open');
  send(socket, { type: 'hello', protocol: 1, host_id: name, agent_version: '1', facts: {}, known: null });
  await once(socket, 'message');
  return socket;
}

function send(socket: WebSocket, message: unknown): void {
  socket.send(typeof message === 'string' ? message : JSON.stringify(message));
}

/** Resolves when all that was sent before has been handled, since messages of one agent are handled in turn. */
async function settled(socket: WebSocket): Promise<void> {
  const nonce = randomBytes(8).toString('hex');
  send(socket, { type: 'confirm_request', transaction_id: 't', nonce });
  for await (const [data] of on(socket)) {
    const message = JSON.parse(String(data)) as ServerMessage;
    if (message.type === 'confirm' && message.nonce === nonce) return;
  }
}

async function* on(socket: WebSocket): AsyncGenerator<[Buffer]> {
  for (;;) yield (await once(socket, 'message')) as [Buffer];
}

const report = { type: 'report', state: { active: [], addresses: [], conflicts: [], last_transaction: null } };
const alert = (raised_at: string) => ({
  type: 'alerts',
  alerts: [{ key: 'k', type: 'drift', severity: 's', instance: null, message: 'm', raised_at, cleared_at: null }],
});
const outcome = (generation: number) => ({
  type: 'outcome',
  generation,
  result: 'committed',
  transaction_id: null,
  plan_hash: null,
  error: null,
});
const params = { host_id: parseHostId('alice') };

it.each([
  ['an instant before there were any', alert('0000-01-01T00:00:00Z')],
  ['a generation that no database counts to', outcome(2 ** 50)],
  ['characters that no text may have', alert('2026-01-01T00:00:00Z'.replace('m', '\u0000'))],
  [
    'a number that is none',
    { ...report, state: { ...report.state, addresses: [{ address: 'sysctl:a', state: { v: 1e308 }, winners: [] }] } },
  ],
])('that reports %s keeps nobody else from reporting', async (_what, poison) => {
  const [eve, alice] = await Promise.all([greet('eve'), greet('alice')]);
  const before = (await server.api.getHostState({ params })).reported_at;
  send(eve, poison);
  send(alice, report);
  await Promise.all([settled(eve), settled(alice)]);
  expect((await server.api.getHostState({ params })).reported_at).not.toBe(before);
  send(eve, report);
  await settled(eve);
  expect(eve.readyState).toBe(WebSocket.OPEN);
});

it('that sends anything at all is ignored, closed or read, and the control plane goes on', async () => {
  const types = ['hello', 'heartbeat', 'report', 'transaction', 'outcome', 'candidates', 'alerts', 'answer', 'refusal'];
  const anyMessage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json({ maxDepth: 4 }),
    fc
      .record({ type: fc.constantFrom(...types) }, { requiredKeys: ['type'] })
      .chain((head) =>
        fc
          .dictionary(
            fc.constantFrom('state', 'transaction', 'alerts', 'generation', 'id', 'answer', 'error', 'holds'),
            fc.jsonValue({ maxDepth: 3 }),
          )
          .map((rest) => JSON.stringify({ ...head, ...rest })),
      ),
    fc.constant('['.repeat(100_000)),
    fc.constant(`{"type":"answer","id":"${'x'.repeat(100_000)}"}`),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyMessage, { minLength: 5, maxLength: 20 }),
      fc.uint8Array({ maxLength: 64 }),
      async (texts, bytes) => {
        const eve = await greet('eve');
        const closed = once(eve, 'close');
        for (const text of texts) eve.send(text);
        eve.send(bytes);
        eve.send(Buffer.from([0xff, 0xfe, 0xfd]), { binary: false });
        // Text that is not UTF-8 ends a WebSocket, at the latest.
        await closed;
      },
    ),
    { numRuns: 15 },
  );
  const alice = await greet('alice');
  send(alice, report);
  await settled(alice);
  expect((await server.request('GET', '/healthz')).status).toBe(200);
});

it('that floods is read at its pace, and loses nothing', async () => {
  const eve = await greet('eve');
  const flood = limits.agentMessagesAtOnce + limits.agentMessagesPerSecond;
  for (let count = 0; count < flood; count += 1) send(eve, '{"type":"nonsense"}');
  await settled(eve);
  const text = await (await server.request('GET', '/metrics')).text();
  const ignored = Number(/^guise_agent_messages_ignored_total (\d+)$/m.exec(text)?.[1]);
  expect(ignored).toBeGreaterThanOrEqual(flood);
});

it('may say so much at once and so much a second, and large messages count as several', () => {
  const pace = new MessagePace();
  for (let count = 1; count < limits.agentMessagesAtOnce; count += 1) expect(pace.waitMs(10, 0)).toBe(0);
  expect(pace.waitMs(10, 0)).toBeGreaterThan(0);
  const large = new MessagePace();
  expect(large.waitMs(limits.agentUnitBytes * limits.agentMessagesAtOnce, 0)).toBeGreaterThan(0);
});

it('cannot fill the database with its transactions, as many and as large as they may be', async () => {
  const database = await openDatabase(server.running.databaseUrl);
  const size = 8 * 1024 * 1024;
  for (let index = 0; index < 10; index += 1) {
    const message = randomBytes(size).toString('base64').slice(0, size);
    const transaction = { ...emptyTransaction, id: `t${index}`, error: { code: 'x', message, problems: [] } };
    const batch = { states: new Map(), outcomes: new Map(), transactions: [{ host_id: 'eve', report: transaction }] };
    await writeReports(database, batch as unknown as Parameters<typeof writeReports>[1]);
  }
  const rows = await database
    .selectFrom('transactions')
    .select('transaction_id')
    .where('host_id', '=', 'eve')
    .execute();
  await database.destroy();
  const kept = rows.map(({ transaction_id }) => transaction_id).sort();
  expect(kept.length * size).toBeLessThanOrEqual(limits.historyBytesPerHost);
  expect(kept.at(-1)).toBe('t9');
});

const emptyTransaction = {
  status: 'committed',
  plan_hash: `sha256:${'0'.repeat(64)}`,
  layers_before: [],
  layers_after: [],
  changes: [],
  started_at: '2026-01-01T00:00:00Z',
  finished_at: null,
  timings_ms: {},
};
