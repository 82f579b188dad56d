/** What agents report leaves entries in the audit: each once, however often it is told, and by whichever process. */
import type { AgentMessage } from '@guise/api';
import type { CandidateReport, Digest, TransactionReport } from '@guise/model';
import { digestOfJson, parseHostId } from '@guise/model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listAudit } from '../store/audit.ts';
import { openDatabase } from '../store/database.ts';
import { TestDatabase } from '../store/test-database.ts';
import { type ReportIntake, startReportIntake } from './report-intake.ts';

const test = new TestDatabase();
const replicaId = '00000000-0000-4000-8000-000000000000';
const failures: unknown[] = [];
let intake: ReportIntake;
let host = parseHostId('h0');
let hosts = 0;

beforeAll(async () => {
  await test.start();
  intake = startReportIntake(test.database, replicaId, (error) => failures.push(error));
});
afterAll(async () => {
  await intake.stop();
  await test.stop();
});
beforeEach(async () => {
  hosts += 1;
  host = parseHostId(`h${hosts}`);
  const row = { host_id: host, tags: '{}', facts: '{}' };
  await test.database
    .insertInto('hosts')
    .values({ ...row, agent_version: null, last_seen_at: null, replica_id: null })
    .execute();
});

const layer = (instance: string, version = 1) => ({ instance, persona_id: instance, version, priority: 50 });

function transaction(id: string, status: TransactionReport['status'] = 'committed'): TransactionReport {
  return {
    id,
    status,
    plan_hash: `sha256:${'0'.repeat(64)}` as Digest,
    layers_before: [],
    layers_after: [layer('web')],
    changes: [
      {
        address: 'file:/etc/secret' as never,
        fields: ['content'],
        before: {} as never,
        after: { content: 'a secret' } as never,
        nudge: null,
        reversibility: 'exact',
        because: 'web',
      },
    ],
    started_at: '2026-11-25T10:00:00Z',
    finished_at: '2026-11-25T10:00:01Z',
    timings_ms: {},
    error: null,
  };
}

type Cause = Extract<AgentMessage, { type: 'transaction' }>['cause'];
const told = (report: TransactionReport, cause: Cause = 'assignment', by = intake) =>
  by.take(host, { type: 'transaction', transaction: report, cause });

function candidate(instance: string, active: boolean, decided_by: CandidateReport['decided_by'] = 'triggers') {
  const reason = active ? 'cpu_utilization was above 0.8' : 'cpu_utilization was below 0.5';
  return { ...layer(instance), active, decided_by, reason, since: '2026-11-25T10:00:00Z' };
}

const saidOf = (candidates: readonly CandidateReport[], by = intake) =>
  by.take(host, { type: 'candidates', candidates: [...candidates], holds: [] });

async function entries() {
  const { items } = await listAudit(test.database, { limit: 500, resource: `host/${host}` });
  return items.toReversed();
}

describe('a transaction', () => {
  it('is an entry in the name of its host, with its cause, the plan it was and digests of before and after', async () => {
    await told(transaction('t1'));
    expect(await entries()).toMatchObject([
      {
        actor: `host/${host}`,
        action: 'host:transaction',
        cause: 'assignment',
        before: digestOfJson([]),
        after: digestOfJson([layer('web')]),
        outcome: 'done',
        detail: { transaction_id: 't1', status: 'committed', plan_hash: `sha256:${'0'.repeat(64)}`, changes: 1 },
      },
    ]);
    expect(JSON.stringify(await entries())).not.toContain('a secret');
  });

  it('that was undone has failed, and left things as they were', async () => {
    await told(transaction('t1', 'rolled_back'), null);
    const [entry] = await entries();
    expect(entry).toMatchObject({ outcome: 'failed', cause: null, detail: { status: 'rolled_back' } });
    expect(entry?.after).toBe(entry?.before);
  });

  it('told twice is one entry, and one more when it has become something else', async () => {
    await told(transaction('t1', 'stuck'));
    await Promise.all([told(transaction('t1', 'stuck')), told(transaction('t1', 'stuck'))]);
    await told(transaction('t1', 'rolled_back'));
    await told(transaction('t1', 'rolled_back'));
    expect((await entries()).map(({ detail }) => (detail as { status: string }).status)).toEqual([
      'stuck',
      'rolled_back',
    ]);
  });

  it('told to two processes at once is one entry', async () => {
    const elsewhere = await openDatabase(test.url);
    const other = startReportIntake(elsewhere, replicaId, (error) => failures.push(error));
    const ids = Array.from({ length: 20 }, (_, index) => `t${10 + index}`);
    await Promise.all(ids.flatMap((id) => [told(transaction(id)), told(transaction(id), 'assignment', other)]));
    expect((await entries()).map(({ detail }) => (detail as { transaction_id: string }).transaction_id).sort()).toEqual(
      ids,
    );
    await other.stop();
    await elsewhere.destroy();
    expect(failures).toEqual([]);
  });
});

describe('a trigger', () => {
  it('that switches is an entry with its reason; what stays as it is, is none', async () => {
    await saidOf([candidate('burst', false), candidate('web', true, 'always')]);
    await saidOf([candidate('burst', true), candidate('web', true, 'always')]);
    await saidOf([candidate('burst', true), candidate('web', true, 'always')]);
    await saidOf([candidate('burst', false, 'hold'), candidate('web', true, 'always')]);
    await saidOf([candidate('burst', false)]);
    const burst = digestOfJson(layer('burst'));
    const web = digestOfJson(layer('web'));
    expect(await entries()).toMatchObject([
      {
        action: 'host:switch',
        cause: 'assignment',
        before: null,
        after: web,
        detail: { instance: 'web', active: true },
      },
      { cause: 'trigger', before: null, after: burst, detail: { reason: 'cpu_utilization was above 0.8' } },
      { cause: 'hold', before: burst, after: null, detail: { instance: 'burst', active: false } },
      { cause: 'assignment', before: web, after: null, detail: { reason: 'it is a candidate of this host no more' } },
    ]);
  });

  it('that gives an instance to another persona takes the one away and brings the other', async () => {
    await saidOf([candidate('web', true)]);
    await saidOf([{ ...candidate('web', true), persona_id: 'shop' }]);
    expect((await entries()).map(({ detail }) => detail)).toMatchObject([
      { persona_id: 'web', active: true },
      { persona_id: 'web', active: false },
      { persona_id: 'shop', active: true },
    ]);
  });

  it('told to two processes at once switches once', async () => {
    const elsewhere = await openDatabase(test.url);
    const other = startReportIntake(elsewhere, replicaId, (error) => failures.push(error));
    for (const active of [true, false, true, false, true]) {
      await Promise.all([saidOf([candidate('burst', active)]), saidOf([candidate('burst', active)], other)]);
    }
    expect(await entries()).toHaveLength(5);
    await other.stop();
    await elsewhere.destroy();
    expect(failures).toEqual([]);
  });
});
