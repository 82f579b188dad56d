import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { entryBytes, leafHash, rootOf, verifyConsistency, verifyInclusion } from '@guise/decide/audit';
import { openCheckpoint } from '@guise/trust/checkpoint';
import { newSigningKey } from '@guise/trust/signing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryOf, insertAudit, insertAudits } from './audit.ts';
import { listCheckpoints } from './audit-checkpoints.ts';
import { logSize, sequenceAudit, sha256 } from './audit-log.ts';
import { consistencyProof, inclusionProof, rootAt } from './audit-proofs.ts';
import { type Database, mutate, openDatabase } from './database.ts';
import { TestDatabase } from './test-database.ts';

const test = new TestDatabase();
const key = newSigningKey();
beforeAll(() => test.start());
afterAll(() => test.stop());

const record = (detail: string) => ({ action: 'test', resource: 'thing/1', detail: { detail } });

async function write(database: Database, detail: string): Promise<void> {
  await mutate(database, 'alice', async () => ({ value: undefined, audit: record(detail), signals: [] }));
}

async function sequenceAll(database: Database): Promise<void> {
  while ((await sequenceAudit(database)) !== 0);
}

/** Everything at once, as it should have been logged. */
async function leaves() {
  const { rows } = await sql<{ leaf_index: string; hash: Buffer; entry: Parameters<typeof entryOf>[0] }>`
    select l.leaf_index, l.hash from audit_leaves l order by leaf_index`.execute(test.database);
  const entries = await test.database
    .selectFrom('audit_leaves')
    .innerJoin('audit', 'audit.sequence', 'audit_leaves.sequence')
    .selectAll('audit')
    .orderBy('leaf_index')
    .execute();
  expect(rows.map((row) => Number(row.leaf_index))).toEqual(rows.map((_, index) => index));
  expect(entries).toHaveLength(rows.length);
  const hashes = entries.map((row) => Buffer.from(leafHash(sha256, entryBytes(entryOf(row)))));
  expect(rows.map(({ hash }) => hash)).toEqual(hashes);
  return { hashes, sequences: entries.map(({ sequence }) => Number(sequence)) };
}

async function entryCount(): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*)::text as count from audit`.execute(test.database);
  return Number(rows[0]?.count);
}

describe('the log', () => {
  it('passes over no entry that commits late, and gives none two places', async () => {
    const { database } = test;
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const late = database.transaction().execute(async (tx) => {
      await insertAudit(tx, 'alice', record('late'));
      begin();
      await finished;
    });
    await begun;
    await write(database, 'early');
    await sequenceAll(database);
    const before = await leaves();
    finish();
    await late;
    await sequenceAll(database);
    const after = await leaves();
    expect(after.sequences.slice(0, before.sequences.length)).toEqual(before.sequences);
    // The one that committed late has the lower number, and the later place.
    expect(after.sequences.at(-1)).toBeLessThan(before.sequences.at(-1) ?? 0);
    expect(after.sequences).toHaveLength(await entryCount());
  });

  it('has every entry once when many write, some of them in vain, and several processes sequence', async () => {
    const { database } = test;
    const others = await Promise.all([1, 2].map(() => openDatabase(test.url)));
    let isWriting = true;
    const vain: string[] = [];
    const sequencing = [database, ...others].map(async (each) => {
      while (isWriting) await sequenceAudit(each);
    });
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; turn < 40; turn++) {
        const written: Promise<unknown> = mutate(others[writer % 2]!, `writer ${writer}`, async (tx) => {
          await insertAudits(tx, [{ actor: 'first', ...record(`${turn}`) }]);
          if (turn % 5 === 0) throw new Error('in vain');
          return { value: undefined, audit: record(`${turn} again`), signals: [] };
        });
        await written.catch((error: Error) => vain.push(error.message));
      }
    });
    await Promise.all(writers);
    isWriting = false;
    await Promise.all(sequencing);
    await sequenceAll(database);
    expect(vain).toEqual(Array.from({ length: 8 * 8 }, () => 'in vain'));
    const { sequences } = await leaves();
    expect(sequences).toHaveLength(await entryCount());
    expect(new Set(sequences).size).toBe(sequences.length);
    await Promise.all(others.map((each) => each.destroy()));
  });

  it('proves each entry and each earlier log, from the hashes that are kept', async () => {
    const { database } = test;
    for (let batch = 0; batch < 5; batch++) {
      await insertAudits(
        database,
        Array.from({ length: 317 }, (_, index) => ({ actor: 'many', ...record(`${batch}.${index}`) })),
      );
      await sequenceAll(database);
    }
    const { hashes } = await leaves();
    const size = hashes.length;
    expect(size).toBeGreaterThan(5 * 256);
    const rootOfFirst = (count: number) => rootOf(sha256, hashes.slice(0, count));
    for (const to of [0, 1, 2, 255, 256, 257, 512, 1_000, 1_280, size - 1, size]) {
      const toRoot = await rootAt(database, to);
      expect(toRoot).toEqual(rootOfFirst(to));
      for (const from of [0, 1, 100, 256, 511, 768, to].filter((each) => each <= to)) {
        const proof = await consistencyProof(database, from, to);
        expect(verifyConsistency(sha256, { from, fromRoot: rootOfFirst(from), to, toRoot, proof })).toBe(true);
      }
      for (const index of [0, 3, 255, 256, 900, to - 1].filter((each) => each >= 0 && each < to)) {
        const proof = await inclusionProof(database, index, to);
        expect(verifyInclusion(sha256, { leaf: hashes[index]!, index, size: to, root: toRoot, proof })).toBe(true);
      }
    }
    await expect(rootAt(database, size + 1)).rejects.toMatchObject({ code: 'argument_invalid' });
    await expect(consistencyProof(database, 5, 4)).rejects.toMatchObject({ code: 'argument_invalid' });
    await expect(inclusionProof(database, size, size)).rejects.toMatchObject({ code: 'argument_invalid' });
  });

  it('is whole and goes on when its process is killed among its statements', async () => {
    const { database } = test;
    let statements = 0;
    // Each costs a process; between two neighbours is at most one statement more of the same transaction.
    for (let isDone = false; !isDone; statements += 2) {
      await write(database, `before kill ${statements}`);
      const before = await leaves();
      const signal = await killedAfter(statements);
      isDone = signal === null;
      const { sequences } = await leaves();
      expect(sequences.slice(0, before.sequences.length)).toEqual(before.sequences);
      await sequenceAll(database);
      const after = await leaves();
      expect(after.sequences).toHaveLength(await entryCount());
      expect(await rootAt(database, await logSize(database))).toEqual(rootOf(sha256, after.hashes));
      for (const { size, note } of (await listCheckpoints(database, { limit: 500 })).items) {
        const checkpoint = openCheckpoint(note, key.publicKey);
        expect([checkpoint.size, Buffer.from(checkpoint.root)]).toEqual([
          size,
          Buffer.from(rootOf(sha256, after.hashes.slice(0, size))),
        ]);
      }
    }
    // Of a round: the lock, what waits, the entries, the size, the leaves; then the same for the checkpoint.
    expect(statements).toBeGreaterThan(15);
    expect((await listCheckpoints(database, { limit: 500 })).items.length).toBeGreaterThan(0);
  });
});

/** A process that sequences and dies after so many statements; the signal that ended it, or null when there were no more. */
async function killedAfter(statements: number): Promise<NodeJS.Signals | null> {
  const child = fork(join(import.meta.dirname, 'killed-sequencer.ts'), [test.url, String(statements), key.privatePem]);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal === null && code !== 0) throw new Error(`The sequencer failed with ${code}`);
  return signal;
}

describe('its tables', () => {
  const tables = ['audit', 'audit_log', 'audit_leaves', 'audit_nodes', 'audit_checkpoints'];
  it.each(tables)('%s refuses to be changed, also by a session without ordinary triggers', async (table) => {
    const { database } = test;
    await sql`insert into audit_log (origin) values ('guise.test/1') on conflict do nothing`.execute(database);
    await sql`insert into audit_checkpoints (size, note) values (1, 'note') on conflict do nothing`.execute(database);
    const name = sql.table(table);
    const column = { audit: 'actor', audit_log: 'origin', audit_checkpoints: 'note' }[table] ?? 'hash';
    const attempts = [
      sql`update ${name} set ${sql.ref(column)} = ${sql.ref(column)}`,
      sql`delete from ${name}`,
      sql`truncate ${name} cascade`,
    ];
    for (const attempt of attempts) await expect(attempt.execute(database)).rejects.toThrow('append-only');
    await database.connection().execute(async (connection) => {
      await sql`set session_replication_role = replica`.execute(connection);
      for (const attempt of attempts) await expect(attempt.execute(connection)).rejects.toThrow('append-only');
      await sql`reset session_replication_role`.execute(connection);
    });
  });
});

it('an entry keeps what is too long as its digest', async () => {
  await insertAudit(test.database, 'alice', { action: 'test', resource: 'long', detail: 'x'.repeat(70_000) });
  const row = await test.database.selectFrom('audit').selectAll().where('resource', '=', 'long').executeTakeFirst();
  expect(row?.detail).toEqual({ omitted: { size_bytes: 70_002, digest: expect.stringMatching(/^sha256:/) } });
});
