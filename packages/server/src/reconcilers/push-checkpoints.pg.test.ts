/** What agents are sent of the audit log, against a real log and connections that only listen. */

import { hash } from 'node:crypto';
import { verifyConsistency } from '@guise/decide/audit';
import { parseHostId } from '@guise/model';
import { openCheckpoint } from '@guise/trust/checkpoint';
import { newSigningKey } from '@guise/trust/signing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type AuditSigner, makeCheckpoint } from '../app/audit-checkpoint.ts';
import { type AgentConnection, type Connections, makeConnections } from '../app/connections.ts';
import { insertAudits } from '../store/audit.ts';
import { TestDatabase } from '../store/test-database.ts';
import { type CheckpointPusher, startCheckpointPusher } from './push-checkpoints.ts';

const test = new TestDatabase();
const signer: AuditSigner = { key: newSigningKey(), origin: 'guise.test/1' };
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const failures: unknown[] = [];
const notes: string[] = [];
let heard: { readonly host: string; readonly tail: Buffer; readonly message: Heard }[] = [];
let connections: Connections;
let pusher: CheckpointPusher;

interface Heard {
  readonly type: string;
  readonly note: string;
  readonly from: number;
  readonly consistency: readonly string[];
}

beforeAll(async () => {
  await test.start();
  for (const entries of [5, 8, 300]) await logged(entries);
});
afterAll(() => test.stop());
beforeEach(() => {
  heard = [];
  connections = makeConnections();
  pusher = startCheckpointPusher({ database: test.database, connections, onFailure: (error) => failures.push(error) });
});

async function logged(entries: number): Promise<void> {
  const record = { actor: 'alice', action: 'test', resource: 'thing/1', detail: {} };
  await insertAudits(
    test.database,
    Array.from({ length: entries }, () => record),
  );
  notes.push((await makeCheckpoint(test.database, signer, 0)) ?? '');
}

function connect(host: string, checkpointSize: number, isSlow = false): AgentConnection {
  const connection: AgentConnection = {
    hostId: parseHostId(host),
    known: null,
    checkpointSize,
    rootVersion: null,
    send: () => undefined,
    tell: (head, tail) => {
      if (!isSlow) heard.push({ host, tail, message: JSON.parse(`${head}${tail.toString()}`) as Heard });
      return !isSlow;
    },
    ask: async () => null,
    close: () => undefined,
  };
  connections.add(connection);
  return connection;
}

it('proves to each agent that the log goes on from what it has', async () => {
  const sizes = [0, 5, 7, 13, 200, 313];
  for (const size of sizes) connect(`h${size}`, size);
  pusher.request('all');
  while (heard.length < sizes.length - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  await pusher.stop();
  expect(heard.map(({ host }) => host).sort()).toEqual(['h0', 'h13', 'h200', 'h5', 'h7']);
  const toRoot = openCheckpoint(notes[2] ?? '', signer.key.publicKey).root;
  for (const { message } of heard) {
    expect(message).toMatchObject({ type: 'checkpoint', note: notes[2] });
    const known = notes
      .map((note) => openCheckpoint(note, signer.key.publicKey))
      .find(({ size }) => size === message.from);
    const proof = message.consistency.map((text) => Buffer.from(text, 'base64'));
    const fromRoot = known?.root ?? new Uint8Array();
    const isProven = verifyConsistency(sha256, { from: message.from, fromRoot, to: 313, toRoot, proof });
    // Of sizes without a checkpoint nobody has the root.
    expect(isProven).toBe(message.from === 0 || known !== undefined);
  }
});

it('sends ten thousand agents that have the same one the same bytes, once', async () => {
  const count = 10_000;
  for (let index = 0; index < count; index++) connect(`h${index}`, 13);
  pusher.request('all');
  while (heard.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  pusher.request('all');
  await pusher.stop();
  expect(heard).toHaveLength(count);
  expect(failures).toEqual([]);
  expect(new Set(heard.map(({ tail }) => tail)).size).toBe(1);
});

it('does not take for sent what an agent was too slow for', async () => {
  const slow = connect('slow', 13, true);
  const quick = connect('quick', 13);
  pusher.request('all');
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await pusher.stop();
  expect([slow.checkpointSize, quick.checkpointSize]).toEqual([13, 313]);
});

it('sends an agent that saw a longer log what there is, for it to refuse', async () => {
  connect('h1', 1_000);
  pusher.request({ host: 'h1' });
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await pusher.stop();
  expect(heard.map(({ message }) => message)).toEqual([
    { type: 'checkpoint', note: notes[2], from: 1_000, consistency: [] },
  ]);
});
