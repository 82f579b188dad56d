/** Everything that whoever has the database may do to the audit log, and what is said of it. A real control plane, changed as superuser. */
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, client } from '@guise/api';
import { entryBytes, type LoggedEntry, leafHash } from '@guise/decide/audit';
import { GuiseError } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExport } from './export-file.ts';
import type { Finding, LogReport, Witness } from './finding.ts';
import { LogVerifier } from './log-verifier.ts';
import { readRemoteLog } from './read-remote-log.ts';
import { writeExport } from './write-export.ts';

const directory = mkdtempSync(join(tmpdir(), 'guise-audit-'));
const tables = ['audit', 'audit_leaves', 'audit_nodes', 'audit_checkpoints', 'audit_pending'];
const checkpointPeriodMs = 100;
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const failures: string[] = [];
let server: RunningServer;
let api: Client;
let db: pg.Client;
/** In the order of the log; the last of them are after the second checkpoint. */
let sequences: readonly number[] = [];

beforeAll(async () => {
  // Each of the three signs once, as it ends, however long making its entries takes.
  for (const round of [1, 2, 3]) {
    await start(3_600_000);
    for (let turn = 0; turn < 12; turn++) await api.createToken({ body: { name: `token ${round}.${turn}` } });
    await server.close();
  }
  await start(checkpointPeriodMs);
  db = new pg.Client({ connectionString: server.databaseUrl });
  await db.connect();
  await signed();
  sequences = (await api.exportAudit()).entries.map(({ sequence }) => sequence);
  for (const table of tables) await db.query(`create table kept_${table} as select * from ${table}`);
});
afterAll(async () => {
  await db.end();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(periodMs: number): Promise<void> {
  const report = (line: string) => failures.push(line);
  server = await startServer({
    stateDirectory: directory,
    port: 0,
    agentPort: 0,
    checkpointPeriodMs: periodMs,
    report,
  });
  api = client({ baseUrl: server.url, token: server.adminToken, fetch });
}

/** Until everything has its place and is signed. */
async function signed(): Promise<void> {
  for (;;) {
    const { size, newest } = await api.exportAudit();
    const { rows } = await db.query('select count(*)::integer as entries from audit');
    if (size === rows[0].entries && newest?.size === size) return;
    await sleep(checkpointPeriodMs / 2);
  }
}

async function unguarded(statements: readonly string[]): Promise<void> {
  await db.query('begin');
  for (const table of tables) await db.query(`alter table ${table} disable trigger all`);
  await db.query('alter table audit_leaves drop constraint if exists audit_leaves_sequence_fkey');
  try {
    for (const statement of statements) await db.query(statement);
  } catch (error) {
    await db.query('rollback');
    throw error;
  }
  for (const table of tables) await db.query(`alter table ${table} enable trigger all`);
  await db.query('commit');
}

async function restore(): Promise<void> {
  await unguarded(
    tables.flatMap((table) => [
      `delete from ${table}`,
      `insert into ${table} ${table === 'audit' ? 'overriding system value' : ''} select * from kept_${table}`,
    ]),
  );
}

async function verified(witnesses: readonly Witness[] = []): Promise<LogReport> {
  const verifier = new LogVerifier({ sha256, key: null, witnesses });
  for await (const event of readRemoteLog(api)) verifier.take(event);
  return verifier.end();
}

async function foundAfter(
  statements: readonly string[],
  witnesses: readonly Witness[] = [],
): Promise<readonly Finding[]> {
  await unguarded(statements);
  try {
    const { verified: isVerified, findings } = await verified(witnesses);
    expect(isVerified).toBe(false);
    return findings;
  } finally {
    await restore();
  }
}

/** `sequence` of the entry at this place. */
function at(index: number): number {
  return sequences.at(index) ?? 0;
}

const kindsOf = (findings: readonly Finding[]) => findings.map(({ kind, sequences: of }) => [kind, ...of]);

/** A leaf as it would be if the entry had been written so. */
async function hashOf(change: Partial<LoggedEntry> & { readonly sequence: number }, of = change.sequence) {
  const { items } = await api.listAudit({ query: { limit: 500 } });
  const entry = items.find(({ sequence }) => sequence === of)!;
  return `'\\x${Buffer.from(leafHash(sha256, entryBytes({ ...entry, ...change }))).toString('hex')}'`;
}

const swapPlaces = (one: number, other: number) => [
  `update audit_leaves set leaf_index = 1000000 + leaf_index where sequence in (${one}, ${other})`,
  `update audit_leaves set leaf_index = ${sequences.indexOf(other)} where sequence = ${one}`,
  `update audit_leaves set leaf_index = ${sequences.indexOf(one)} where sequence = ${other}`,
];

const shiftPlaces = (from: number, by: 1 | -1) => [
  `update audit_leaves set leaf_index = 1000000 + leaf_index + ${by} where leaf_index >= ${from}`,
  'update audit_leaves set leaf_index = leaf_index - 1000000 where leaf_index >= 1000000',
];

describe('the log of a control plane', () => {
  it('is whole when nobody changed it', async () => {
    const report = await verified();
    expect(report).toMatchObject({ verified: true, findings: [], entries: sequences.length, signed: sequences.length });
    await restore();
    expect((await verified()).findings).toEqual([]);
  });

  it('tells of one entry that was edited', async () => {
    const findings = await foundAfter([`update audit set actor = 'nobody' where sequence = ${at(7)}`]);
    expect(kindsOf(findings)).toEqual([['edited', at(7)]]);
    expect(findings[0]?.message).toContain(`Entry ${at(7)} was edited: what it says now (token:write`);
  });

  it.each([
    ['at', "at = at + interval '1 hour'"],
    ['action', "action = 'persona:read'"],
    ['resource', "resource = 'token/other'"],
    ['detail', `detail = '{"name": "other"}'`],
    ['cause', "cause = 'trigger'"],
    ['before', "before = 'sha256:00'"],
    ['after', 'after = null'],
    ['outcome', "outcome = 'failed'"],
  ])('tells when only %s of an entry was edited', async (_, assignment) => {
    expect(kindsOf(await foundAfter([`update audit set ${assignment} where sequence = ${at(9)}`]))).toEqual([
      ['edited', at(9)],
    ]);
  });

  it('tells of an entry that was edited with its hash', async () => {
    const forged = await hashOf({ sequence: at(20), actor: 'nobody' });
    const findings = await foundAfter([
      `update audit set actor = 'nobody' where sequence = ${at(20)}`,
      `update audit_leaves set hash = ${forged} where sequence = ${at(20)}`,
    ]);
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(finding?.kind).toBe('edited');
    // Which one cannot be told any more, but between which checkpoints.
    const [from = 0, to = 0] = finding?.sequences ?? [];
    expect(from).toBeLessThanOrEqual(at(20));
    expect(to).toBeGreaterThanOrEqual(at(20));
    expect(to - from).toBeLessThan(20);
  });

  it('tells of one that was deleted', async () => {
    const findings = await foundAfter([`delete from audit where sequence = ${at(11)}`]);
    expect(kindsOf(findings)).toEqual([['deleted', at(11)]]);
  });

  it('tells of one that was deleted with its leaf', async () => {
    const findings = await foundAfter([
      `delete from audit where sequence = ${at(11)}`,
      `delete from audit_leaves where sequence = ${at(11)}`,
    ]);
    expect(findings[0]).toMatchObject({
      kind: 'deleted',
      message: `Entries after ${at(10)} were deleted: 1 of the log's places are gone, from 11 on`,
    });
  });

  it('tells of one that was deleted with its leaf, and all others moved up', async () => {
    const findings = await foundAfter([
      `delete from audit where sequence = ${at(11)}`,
      `delete from audit_leaves where sequence = ${at(11)}`,
      ...shiftPlaces(12, -1),
    ]);
    expect(kindsOf(findings)).toContainEqual(['deleted', at(11)]);
    expect(findings.map(({ kind }) => kind)).toContain('truncated');
  });

  it('tells of two whose contents were exchanged', async () => {
    const [one, other] = [at(5), at(16)];
    const findings = await foundAfter([
      `update audit set detail = (select detail from kept_audit where sequence = ${other}), at = (select at from kept_audit where sequence = ${other}),
        resource = (select resource from kept_audit where sequence = ${other}), after = (select after from kept_audit where sequence = ${other}) where sequence = ${one}`,
      `update audit set detail = (select detail from kept_audit where sequence = ${one}), at = (select at from kept_audit where sequence = ${one}),
        resource = (select resource from kept_audit where sequence = ${one}), after = (select after from kept_audit where sequence = ${one}) where sequence = ${other}`,
    ]);
    expect(kindsOf(findings)).toEqual([['reordered', one, other]]);
  });

  it('tells of two that were exchanged with their leaves, next to each other or not', async () => {
    for (const [one, other] of [
      [at(14), at(15)],
      [at(14), at(20)],
    ] as const) {
      const findings = await foundAfter(swapPlaces(one, other));
      expect(findings).toHaveLength(1);
      expect(findings[0]?.kind).toBe('reordered');
      expect([...(findings[0]?.sequences ?? [])].sort((a, b) => a - b)).toEqual([one, other]);
    }
  });

  it('tells of one that was put in, with a place or without', async () => {
    const invented = 1_000_000;
    const insert = `insert into audit (sequence, actor, action, resource, detail, at) overriding system value
      values (${invented}, 'nobody', 'token:write', 'token/x', '{}', '2026-01-01T00:00:00Z')`;
    expect(kindsOf(await foundAfter([insert]))).toEqual([['inserted', invented]]);
    const forged = leafHash(
      sha256,
      entryBytes({
        sequence: invented,
        at: '2026-01-01T00:00:00.000Z',
        actor: 'nobody',
        action: 'token:write',
        resource: 'token/x',
        cause: null,
        before: null,
        after: null,
        outcome: 'done',
        detail: {},
      }),
    );
    const findings = await foundAfter([
      insert,
      ...shiftPlaces(17, 1),
      `insert into audit_leaves values (17, ${invented}, '\\x${Buffer.from(forged).toString('hex')}')`,
    ]);
    expect(kindsOf(findings)).toEqual([['inserted', invented]]);
  });

  it('tells of a tail that was cut off, also when its checkpoints went too and somebody kept one', async () => {
    const { items } = await api.listAuditCheckpoints();
    const cut = [
      `delete from audit where sequence in (select sequence from audit_leaves where leaf_index >= 30)`,
      'delete from audit_leaves where leaf_index >= 30',
    ];
    expect(kindsOf(await foundAfter(cut))).toEqual([['truncated']]);
    const alsoSigned = [...cut, 'delete from audit_checkpoints where size > 30'];
    const kept = { note: items[0]?.note ?? '', source: 'monday.note' };
    const [finding] = await foundAfter(alsoSigned, [kept]);
    expect(finding).toMatchObject({ kind: 'truncated', message: expect.stringContaining('monday.note') });
  });

  it('tells of checkpoints that nobody with the key signed', async () => {
    const findings = await foundAfter([
      `update audit_checkpoints set note = replace(note, E'\\n' || size || E'\\n', E'\\n' || (size + 1) || E'\\n')`,
    ]);
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['forged']));
  });

  it('is signed no further by a control plane under which it was changed', async () => {
    const forged = await hashOf({ sequence: at(2), actor: 'nobody' });
    await unguarded([
      `update audit set actor = 'nobody' where sequence = ${at(2)}`,
      `update audit_leaves set hash = ${forged} where sequence = ${at(2)}`,
    ]);
    failures.length = 0;
    await db.query("insert into audit (actor, action, resource, detail) values ('alice', 'a', 'b', '{}')");
    while (failures.length === 0) await sleep(checkpointPeriodMs);
    expect(failures[0]).toContain('Cannot sign the audit log any more');
    await restore();
    expect((await verified()).findings).toEqual([]);
  });
});

describe('an export', () => {
  const file = join(directory, 'audit.ndjson');
  const forgery = join(directory, 'forged.ndjson');

  async function verifiedFile(path: string, key: string | null = null): Promise<LogReport> {
    const verifier = new LogVerifier({ sha256, key, witnesses: [] });
    for await (const event of readExport(path)) verifier.take(event);
    return verifier.end();
  }

  /** Whether it was believed; anything thrown but a refusal is a crash. */
  async function believed(text: string | Buffer): Promise<boolean> {
    writeFileSync(forgery, text);
    try {
      return (await verifiedFile(forgery)).verified;
    } catch (error) {
      if (error instanceof GuiseError && error.code === 'audit_broken') return false;
      throw error;
    }
  }

  it('is verified without the control plane, by its own key and by one that is given', async () => {
    const exported = await writeExport(api, file, () => undefined);
    expect(exported).toMatchObject({ entries: sequences.length, origin: expect.stringMatching(/^guise\.local\//) });
    expect(await verifiedFile(file)).toMatchObject({ verified: true, signed: sequences.length });
    expect(await verifiedFile(file, exported.key)).toMatchObject({ verified: true });
    const other = await verifiedFile(file, Buffer.alloc(32, 7).toString('base64'));
    expect(new Set(other.findings.map(({ kind }) => kind))).toEqual(new Set(['forged']));
  });

  it('names the entry that was edited in it', async () => {
    await writeExport(api, file, () => undefined);
    writeFileSync(forgery, readFileSync(file, 'utf8').replace('"name":"token 2.3"', '"name":"token 9.9"'));
    const { findings } = await verifiedFile(forgery);
    expect(kindsOf(findings)).toEqual([['edited', expect.any(Number)]]);
  });

  it('is not believed with any byte of it flipped, a line missing, twice, or in another place, or an end missing', async () => {
    await writeExport(api, file, () => undefined);
    const bytes = readFileSync(file);
    expect(await believed(bytes)).toBe(true);
    // Every byte of the first lines and of one checkpoint, and some of the others; the bits that base64 leaves over are among them.
    const checkpointAt = bytes.indexOf('{"checkpoint"');
    const isClose = (place: number) => place < 1_500 || (place > checkpointAt && place < checkpointAt + 600);
    for (let place = 0; place < bytes.length; place += isClose(place) ? 1 : 29) {
      const flipped = Buffer.from(bytes);
      flipped[place]! ^= 1 << (place % 8);
      expect(
        await believed(flipped),
        `byte ${place} flipped: ${flipped.subarray(Math.max(0, place - 60), place + 60).toString()}`,
      ).toBe(false);
    }
    const lines = bytes.toString().trimEnd().split('\n');
    const forgeries = [...lines.keys()].flatMap((place) => {
      const [line = '', next = ''] = lines.slice(place, place + 2);
      const isLast = place === lines.length - 1;
      return [
        ...(isLast || place === 0 ? [] : [lines.toSpliced(place, 2, next, line)]),
        ...(isLast ? [] : [lines.slice(0, place)]),
        // Of several checkpoints any but the last may go: the next one says the same and more.
        ...(line.startsWith('{"checkpoint"') ? [] : [lines.toSpliced(place, 1), lines.toSpliced(place, 0, line)]),
      ];
    });
    for (const forged of forgeries) expect(await believed(`${forged.join('\n')}\n`)).toBe(false);
    for (const end of [1, 2, 100, bytes.length - 1]) expect(await believed(bytes.subarray(0, -end))).toBe(false);
  });

  it('is not believed when only bits change that base64 leaves over', async () => {
    await writeExport(api, file, () => undefined);
    const text = readFileSync(file, 'utf8');
    const [, last = ''] = /"hash":"[A-Za-z0-9+/]{42}([A-Za-z0-9+/])=/.exec(text) ?? [];
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const other = digits[digits.indexOf(last) ^ 1] ?? '';
    const changed = text.replace(/("hash":"[A-Za-z0-9+/]{42})[A-Za-z0-9+/]=/, `$1${other}=`);
    expect(changed).not.toBe(text);
    expect(await believed(changed)).toBe(false);
  });

  it.each([
    ['empty', ''],
    ['of another kind', '{"a":1}\n'],
    ['binary', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
    ['one endless line', 'x'.repeat(3_000_000)],
    ['deep', `${'['.repeat(100_000)}\n`],
  ])('that is %s is refused in words', async (_, text) => {
    expect(await believed(text)).toBe(false);
  });
});
