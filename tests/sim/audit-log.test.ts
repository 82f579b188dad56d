/**
 * Agents that remember the audit log, and the control plane's own programs against it: whoever has the database, and even the key
 * that signs, cannot change what agents have seen.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditEvidencePath, TrustStore, trustPath } from '@guise/agent/link';
import type { RunningServer } from '@guise/server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  clientOf,
  enrolTestHost,
  eventually,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';
import { runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
const checkpointPeriodMs = 50;
const agents: TestAgent[] = [];
let server: RunningServer;
let key = '';

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server'), checkpointPeriodMs });
  key = (await clientOf(server).listAuditCheckpoints()).key;
});
afterEach(() => Promise.all(agents.splice(0).map(({ link }) => link.close())));
afterAll(async () => {
  await server.close();
  directory.remove();
});

function stateDirectoryOf(name: string): string {
  const path = join(directory.path, name);
  mkdirSync(path, { recursive: true });
  return path;
}

async function enrolled(name: string, at = server): Promise<TestAgent> {
  await enrolTestHost(at, name, stateDirectoryOf(name));
  return started(name, at);
}

function started(name: string, at = server): TestAgent {
  const agent = startTestAgent(at.agentUrl, name, stateDirectoryOf(name));
  agents.push(agent);
  return agent;
}

function rememberedNote(name: string): string | null {
  return new TrustStore(trustPath(stateDirectoryOf(name))).state?.audit.checkpoint ?? null;
}

function sizeIn(note: string | null): number {
  return Number(note?.split('\n')[1] ?? 0);
}

/** Does something, and waits until all there is has been signed. */
async function moreIsSigned(at = server): Promise<number> {
  const api = clientOf(at);
  await api.createJoinToken({ body: {} });
  const { items } = await api.listAudit({ query: { limit: 1 } });
  let size = 0;
  await eventually('the newest entry is signed', async () => {
    const page = await api.exportAudit({ query: { from: Math.max(0, size - 1) } });
    size = page.newest?.size ?? 0;
    return page.size === size && page.entries.at(-1)?.sequence === items[0]?.sequence;
  });
  return size;
}

/** What the last statement found. */
async function asSuperuser(at: RunningServer, statements: readonly string[]): Promise<Record<string, string>[]> {
  const db = new pg.Client({ connectionString: at.databaseUrl });
  await db.connect();
  const tables = ['audit', 'audit_log', 'audit_leaves', 'audit_nodes', 'audit_checkpoints'];
  for (const table of tables) await db.query(`alter table ${table} disable trigger all`);
  let rows: Record<string, string>[] = [];
  for (const statement of statements) ({ rows } = await db.query(statement));
  for (const table of tables) await db.query(`alter table ${table} enable trigger all`);
  await db.end();
  return rows;
}

const run = (argv: readonly string[], at = server) => runGuise(argv, { directory: directory.path, server: at });

it('an agent remembers each checkpoint, and after a time away goes on from what it had', async () => {
  await moreIsSigned();
  const agent = await enrolled('h1');
  const first = await moreIsSigned();
  await eventually('it remembers', () => sizeIn(rememberedNote('h1')) >= first);
  await agent.link.close();
  for (let turn = 0; turn < 3; turn++) await moreIsSigned();
  const known = sizeIn(rememberedNote('h1'));
  const last = await moreIsSigned();
  expect(known).toBeLessThan(last);
  const again = started('h1');
  await eventually('it remembers what it missed', () => sizeIn(rememberedNote('h1')) >= last);
  expect(again.reports).toEqual([]);
  expect(again.conductor.alerts.lasting()).toEqual([]);
  expect(existsSync(auditEvidencePath(stateDirectoryOf('h1')))).toBe(false);
});

it('the command line lists, verifies and exports; and names what somebody edited, with exit code 3', async () => {
  await moreIsSigned();
  const listed = await run(['audit', 'ls', '--action', 'host:enroll', '--limit', '2']);
  expect(listed.out).toMatch(/^ENTRY +TIME +ACTOR +ACTION +RESOURCE +CAUSE +OUTCOME +CHANGE/);
  expect(listed.out).toContain('host:enroll');
  const whole = await run(['audit', 'verify']);
  expect(whole).toMatchObject({ code: 0, err: '' });
  expect(whole.out).toMatch(/^\d+ entries of guise\.local\/\S+ are as they were logged\n.*signed by /s);
  const exported = await run(['audit', 'export', '--out', 'log.ndjson']);
  expect(exported.code).toBe(0);
  expect(exported.out).toContain(`signed by ${key}`);
  expect((await run(['audit', 'verify', 'log.ndjson', '--key', key])).code).toBe(0);
  const note = (await clientOf(server).listAuditCheckpoints()).items[0]?.note ?? '';
  writeFileSync(join(directory.path, 'kept.note'), note);
  expect((await run(['audit', 'verify', '--checkpoint', 'kept.note'])).out).toContain('what kept.note knew of it');

  const { items } = await clientOf(server).listAudit({ query: { action: 'host:enroll', limit: 1 } });
  const sequence = items[0]?.sequence;
  await asSuperuser(server, [`update audit set actor = 'nobody' where sequence = ${sequence}`]);
  const broken = await run(['audit', 'verify']);
  expect(broken).toMatchObject({ code: 3, out: expect.stringContaining(`edited: Entry ${sequence} was edited`) });
  expect(broken.err).toContain('error: The audit log is not what was signed: edited');
  const asJson = await run(['audit', 'verify', '--json']);
  expect(JSON.parse(asJson.out)).toMatchObject({
    verified: false,
    findings: [{ kind: 'edited', sequences: [sequence] }],
  });
  expect(JSON.parse(asJson.err)).toMatchObject({ error: { code: 'audit_broken' } });
  await asSuperuser(server, [`update audit set actor = '${items[0]?.actor}' where sequence = ${sequence}`]);
  expect((await run(['audit', 'verify'])).code).toBe(0);

  const text = readFileSync(join(directory.path, 'log.ndjson'), 'utf8');
  writeFileSync(join(directory.path, 'log.ndjson'), text.replace('host:enroll', 'host:enrall'));
  expect(await run(['audit', 'verify', 'log.ndjson'])).toMatchObject({
    code: 3,
    out: expect.stringContaining('edited'),
  });
});

it.each([
  [['audit', 'ls', '--since', 'yesterday'], '--since'],
  [['audit', 'ls', '--limit', '0'], '--limit'],
  [['audit', 'export'], '--out'],
  [['audit', 'export', '--out', 'no/such/folder/file'], 'Cannot write'],
  [['audit', 'verify', 'no-such-file'], 'Cannot read no-such-file'],
  [['audit', 'verify', '--key', 'short'], '--key'],
  [['audit', 'verify', '--checkpoint', 'no-such-file'], 'Cannot read the checkpoint'],
])('guise %j is bad input, and says what', async (argv, words) => {
  expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
});

it('an agent refuses another log, signed with the same key and under the same name: it keeps both, and raises an alert', async () => {
  const agent = await enrolled('h2');
  const known = await moreIsSigned();
  await eventually('it remembers', () => sizeIn(rememberedNote('h2')) >= known);
  const note = rememberedNote('h2');
  await agent.link.close();
  const fork = await forked();

  const misled = await enrolled('h2', fork);
  while (sizeIn((await clientOf(fork).listAuditCheckpoints()).items[0]?.note ?? null) <= known)
    await moreIsSigned(fork);
  const evidencePath = auditEvidencePath(stateDirectoryOf('h2'));
  await eventually('it keeps the evidence', () => existsSync(evidencePath));
  const evidence = JSON.parse(readFileSync(evidencePath, 'utf8')) as { known: string; refused: string }[];
  expect(evidence[0]?.known).toBe(note);
  expect(evidence[0]?.refused).not.toBe(note);
  expect(rememberedNote('h2')).toBe(note);
  await eventually('the alert is told', async () => {
    const { items } = await clientOf(fork).listAlerts({ query: { active: 'true' } });
    return items.some(({ type, host_id }) => type === 'audit' && host_id === 'h2');
  });
  expect(misled.reports.join('\n')).toContain('Refused a checkpoint of the audit log');

  // The fork is whole by itself: only what somebody else kept tells.
  writeFileSync(join(directory.path, 'agent.note'), note ?? '');
  expect((await run(['audit', 'verify'], fork)).code).toBe(0);
  const verified = await run(['audit', 'verify', '--checkpoint', 'agent.note'], fork);
  expect(verified).toMatchObject({ code: 3, out: expect.stringContaining('forked: The log was forked') });

  // The alert lasts until a person has taken the evidence away, also over a restart.
  await misled.link.close();
  const restarted = started('h2', fork);
  await eventually('it is raised again', () =>
    restarted.conductor.alerts.lasting().some(({ key: of }) => of === 'audit:checkpoint'),
  );
  for (let turn = 0; turn < 12; turn++) await moreIsSigned(fork);
  expect((JSON.parse(readFileSync(evidencePath, 'utf8')) as unknown[]).length).toBeLessThanOrEqual(8);
  await fork.close();
});

it('an agent refuses a log whose end was cut off', async () => {
  const stateDirectory = join(directory.path, 'cut');
  const cut = await startTestServer({ stateDirectory, checkpointPeriodMs });
  key = (await clientOf(cut).listAuditCheckpoints()).key;
  const agent = await enrolled('h3', cut);
  await moreIsSigned(cut);
  const known = await moreIsSigned(cut);
  await eventually('it remembers', () => sizeIn(rememberedNote('h3')) >= known);
  await agent.link.close();
  await asSuperuser(cut, [
    `delete from audit_leaves where leaf_index >= ${known - 2}`,
    'delete from audit a where not exists (select from audit_leaves l where l.sequence = a.sequence)',
    `delete from audit_checkpoints where size > ${known - 2}`,
    'delete from audit_pending',
  ]);
  const misled = started('h3', cut);
  await eventually('the checkpoint is refused', () =>
    misled.conductor.alerts.lasting().some(({ message }) => message.includes(`and there were ${known}`)),
  );
  expect(sizeIn(rememberedNote('h3'))).toBe(known);
  await misled.link.close();
  await cut.close();
});

/** What somebody with the database and the master key can make: another history, under the name and the key of the first. */
async function forked(): Promise<RunningServer> {
  const [row] = await asSuperuser(server, [
    'create database fork',
    "select encode(value, 'hex') as value, origin from sealed_values, audit_log where name = 'audit-key'",
  ]);
  const options = {
    stateDirectory: join(directory.path, 'fork'),
    checkpointPeriodMs,
    masterKeyFile: join(directory.path, 'server', 'master.key'),
    database: server.databaseUrl.replace('/postgres?', '/fork?'),
  };
  const own = await startTestServer(options);
  await own.close();
  await asSuperuser(own, [
    `update sealed_values set value = decode('${row?.value}', 'hex') where name = 'audit-key'`,
    `update audit_log set origin = '${row?.origin}'`,
    'delete from audit_checkpoints',
  ]);
  return startTestServer(options);
}
