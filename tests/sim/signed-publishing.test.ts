/** A control plane with the root of its authors: it takes what they signed, keeps it as it came, and cannot put anything in its place. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { encodeEnvelopeFile, openPersona } from '@guise/decide/trust';
import { type Digest, parseHostId, parsePersonaId } from '@guise/model';
import type { Envelope, PersonaStatement, RollbackStatement } from '@guise/model/trust';
import type { RunningServer } from '@guise/server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  idsOf,
  opening,
  personaStatement,
  rollbackStatement,
  rootStatement,
  signedPersona,
  signedRollback,
  signedRoot,
  trustedRoot,
} from '../trust/signers.ts';
import {
  clientOf,
  enrolTestHost,
  eventually,
  personaText,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

const end = '2099-01-01T00:00:00.000Z';
const rule = { environment: 'production', category: '*', keys: idsOf('alice'), threshold: 1 };
const names = { expires_at: end, personas: [rule], rollbacks: [rule] };
const trusted = trustedRoot(names);
const directory = temporaryDirectory();
const stateDirectory = join(directory.path, 'server');
const rootFile = join(directory.path, 'root.json');
const web = { persona_id: parsePersonaId('web') };
const host = { host_id: parseHostId('h1') };

let server: RunningServer;
let api: Client;
let agent: TestAgent;
const reports: string[] = [];

async function start(trust?: { rootFile: string; environment?: string }): Promise<void> {
  const report = (line: string) => reports.push(line);
  server = await startTestServer({ stateDirectory, report, ...(trust === undefined ? {} : { trust }) });
  api = clientOf(server);
}

beforeAll(async () => {
  writeFileSync(rootFile, encodeEnvelopeFile(signedRoot(rootStatement(names), 'alice')));
  await start({ rootFile });
  const own = join(directory.path, 'h1');
  mkdirSync(own);
  await enrolTestHost(server, 'h1', own);
  agent = startTestAgent(server.agentUrl, 'h1', own);
});
afterAll(async () => {
  await agent.link.close();
  await server.close();
  directory.remove();
});

type Author = 'alice' | 'bob' | 'carol' | 'dave';

function signed(
  version: number,
  previous: Digest | null,
  changes: Partial<PersonaStatement> = {},
  who: Author = 'alice',
) {
  return signedPersona(personaStatement({ version, previous, expires_at: end, ...changes }), who);
}

const digestOf = (envelope: Envelope) => openPersona(envelope, trusted, opening).digest;
const publish = (envelope: Envelope) => api.publishPersona({ body: { envelope } });
const refusedWith = (code: string) => expect.objectContaining({ code });

const first = signed(1, null);
const second = signed(2, digestOf(first));

describe('publishing', () => {
  it('takes nothing that nobody signed, and says what to do', async () => {
    const refused = { code: 'signature_missing', message: expect.stringContaining('guise persona sign') };
    await expect(api.publishPersona({ body: { document: personaText('web', 1) } })).rejects.toMatchObject(refused);
    const { persona } = personaStatement();
    await expect(api.publishPersona({ body: { persona } })).rejects.toMatchObject(refused);
    expect(reports.join()).not.toContain('development key');
  });

  it('takes nothing that is not what its authors signed for here', async () => {
    const { payload, ...rest } = first;
    const text = Buffer.from(payload, 'base64').toString().replace('hello', 'hullo');
    const changed = { ...rest, payload: Buffer.from(text).toString('base64') };
    await expect(publish(changed)).rejects.toEqual(refusedWith('envelope_invalid'));
    await expect(publish(signed(1, null, {}, 'bob'))).rejects.toEqual(refusedWith('signature_missing'));
    await expect(publish(signed(1, null, { environment: 'staging' }))).rejects.toEqual(refusedWith('envelope_invalid'));
    await expect(publish(signed(1, null, { organization: 'globex' }))).rejects.toEqual(refusedWith('envelope_invalid'));
    const ended = signed(1, null, { expires_at: '2026-01-01T00:00:00.000Z' });
    await expect(publish(ended)).rejects.toEqual(refusedWith('signature_expired'));
    await expect(publish(signedRoot(rootStatement(names), 'alice'))).rejects.toEqual(refusedWith('envelope_invalid'));
    await expect(api.getPersona({ params: web })).rejects.toEqual(refusedWith('persona_not_found'));
  });

  it('takes versions one after the other, each on top of the one before, once', async () => {
    await expect(publish(signed(2, null))).rejects.toEqual(refusedWith('version_refused'));
    await expect(publish(signed(1, digestOf(second)))).rejects.toEqual(refusedWith('version_refused'));
    expect((await publish(first)).version).toBe(1);
    expect((await publish(first)).version).toBe(1);
    await expect(publish(signed(2, null))).rejects.toEqual(refusedWith('version_refused'));
    await expect(publish(signed(3, digestOf(first)))).rejects.toEqual(refusedWith('version_refused'));
    const other = signed(1, null, { expires_at: '2098-01-01T00:00:00.000Z' });
    await expect(publish(other)).rejects.toEqual(refusedWith('version_refused'));
    expect((await publish(second)).version).toBe(2);
    const { items } = await api.listVersions({ params: web });
    expect(items.map(({ version, signature }) => [version, signature])).toEqual([
      [2, { signers: ['alice'], payload_digest: digestOf(second), expires_at: end }],
      [1, { signers: ['alice'], payload_digest: digestOf(first), expires_at: end }],
    ]);
    await expect(publish(first)).rejects.toEqual(refusedWith('version_refused'));
  });

  it('reads a persona that was signed as strictly as any', async () => {
    const statement = personaStatement();
    const own = { ...statement.persona.own, document: { ...statement.persona.own.document, bogus: 1 } };
    const envelope = signed(3, digestOf(second), { persona: { ...statement.persona, own } });
    await expect(publish(envelope)).rejects.toEqual(refusedWith('document_invalid'));
  });
});

describe('going back', () => {
  const permission = (changes: Partial<RollbackStatement> = {}, who: Author = 'alice') =>
    signedRollback(rollbackStatement({ from: 2, to: 1, hosts: ['h1'], expires_at: end, ...changes }), who);
  const back = (statement?: Envelope) =>
    api.rollbackPersona({ params: web, body: { to: 1, ...(statement === undefined ? {} : { statement }) } });

  it('takes a permission, which the hosts verify too', async () => {
    await api.assignToHost({ params: { ...host, ...web }, body: {} });
    await eventually('version 2 is applied', () => agent.engine.applied.at(-1)?.join() === 'web@2');
    const refused = { code: 'rollback_refused', message: expect.stringContaining('guise persona sign-rollback') };
    await expect(back()).rejects.toMatchObject(refused);
    await expect(back(permission({ to: 1, persona_id: 'db' }))).rejects.toEqual(refusedWith('rollback_refused'));
    await expect(back(permission({}, 'bob'))).rejects.toEqual(refusedWith('signature_missing'));
    const ended = permission({ expires_at: '2026-01-01T00:00:00.000Z' });
    await expect(back(ended)).rejects.toEqual(refusedWith('rollback_refused'));
    expect((await api.getPersona({ params: web })).version).toBe(2);

    const statement = permission();
    expect((await back(statement)).version).toBe(1);
    expect((await back(statement)).version).toBe(1);
    await eventually('version 1 is applied', () => agent.engine.applied.at(-1)?.join() === 'web@1');
    const { items } = await api.listAudit({ query: { resource: 'persona/web' } });
    expect(items.filter(({ action }) => action === 'persona:rollback')).toMatchObject([
      { detail: { from: 2, to: 1, hosts: ['h1'], signers: ['alice'] } },
    ]);
  });

  it('leaves a host where it is that the permission does not name', async () => {
    expect((await publish(second)).version).toBe(2);
    await eventually('version 2 is applied', () => agent.engine.applied.at(-1)?.join() === 'web@2');
    const before = agent.engine.applied.length;
    await back(permission({ id: 'B'.repeat(22), hosts: ['h2'] }));
    await eventually('the refusal is told', async () => (await outcome())?.error?.code === 'rollback_refused');
    expect(agent.engine.applied.length).toBe(before);
    await publish(second);
    await eventually('it is well again', async () => (await outcome())?.error === null);
  });
});

describe('a database that somebody changed', () => {
  it('changes no host', async () => {
    const third = signed(3, digestOf(second));
    const { payload, ...rest } = third;
    const text = Buffer.from(payload, 'base64').toString().replace('hello', 'hullo');
    const forged = JSON.stringify({ ...rest, payload: Buffer.from(text).toString('base64') });
    const client = new pg.Client({ connectionString: server.databaseUrl });
    await client.connect();
    const before = [...agent.engine.applied];
    try {
      await agentAway();
      await publish(third);
      await client.query('alter table version_envelopes disable trigger immutable');
      await client.query(`update version_envelopes set envelope = $1 where persona_id = 'web' and version = 3`, [
        forged,
      ]);
    } finally {
      await client.end();
    }
    await agentBack();
    await eventually('the refusal is told', async () => (await outcome())?.error?.code === 'envelope_invalid');
    expect(agent.engine.applied).toEqual(before);
    const { items } = await api.listAlerts({ query: {} });
    expect(items.map(({ type, host_id }) => [type, host_id])).toContainEqual(['signature', 'h1']);
  });
});

describe('the root', () => {
  const next = { ...names, version: 2, personas: [{ ...rule, keys: idsOf('bob') }] };

  it('is followed by the next one alone, and the hosts hear of it', async () => {
    const shown = await api.getRoot();
    expect(shown).toMatchObject({ organization: 'acme', environment: 'production', version: 1, development: false });
    const foreign = signedRoot(rootStatement({ ...next, root: { keys: idsOf('bob'), threshold: 1 } }), 'bob');
    await expect(api.putRoot({ body: { envelope: foreign } })).rejects.toEqual(refusedWith('root_refused'));
    const skipping = signedRoot(rootStatement({ ...next, version: 3 }), 'alice');
    await expect(api.putRoot({ body: { envelope: skipping } })).rejects.toEqual(refusedWith('root_refused'));
    const envelope = signedRoot(rootStatement(next), 'alice');
    expect((await api.putRoot({ body: { envelope } })).version).toBe(2);
    expect((await api.putRoot({ body: { envelope } })).version).toBe(2);
    await eventually('the agent goes by it', () => agent.reports.join().includes('root 2'));
    await expect(publish(signed(4, null))).rejects.toEqual(refusedWith('signature_missing'));
  });

  it('outlives a restart, with the first one, with none, and never with another', async () => {
    await server.close();
    await start({ rootFile });
    expect((await api.getRoot()).version).toBe(2);
    await server.close();
    await start();
    expect(await api.getRoot()).toMatchObject({ version: 2, organization: 'acme', development: false });
    await server.close();
    const another = join(directory.path, 'another.json');
    const statement = rootStatement({ ...names, root: { keys: idsOf('bob'), threshold: 1 } });
    writeFileSync(another, encodeEnvelopeFile(signedRoot(statement, 'bob')));
    await expect(start({ rootFile: another })).rejects.toEqual(refusedWith('root_refused'));
    await start();
  });
});

it('a control plane that signed itself takes a root, and goes on from the versions that it has', async () => {
  const own = join(directory.path, 'grown');
  const earlier = await startTestServer({ stateDirectory: own });
  const document = 'guise: persona/v1\npersona_id: web\n';
  await clientOf(earlier).publishPersona({ body: { document } });
  await earlier.close();
  const later = await startTestServer({ stateDirectory: own, trust: { rootFile } });
  try {
    const grown = clientOf(later);
    expect(await grown.getRoot()).toMatchObject({
      organization: 'acme',
      environment: 'production',
      development: false,
    });
    await expect(grown.publishPersona({ body: { document } })).rejects.toEqual(refusedWith('signature_missing'));
    const { signature } = await grown.getVersion({ params: { ...web, version: 1 } });
    expect(signature?.signers).toEqual(['development']);
    const next = signed(2, signature?.payload_digest ?? null);
    expect((await grown.publishPersona({ body: { envelope: next } })).version).toBe(2);
  } finally {
    await later.close();
  }
});

async function outcome() {
  return (await api.getHost({ params: host })).outcome;
}

async function agentAway(): Promise<void> {
  await agent.link.close();
  await eventually('the agent is gone', async () => !(await api.getHost({ params: host })).connected);
}

async function agentBack(): Promise<void> {
  agent = startTestAgent(server.agentUrl, 'h1', agent.stateDirectory, agent.engine);
  await eventually('the agent is there', () => agent.link.connected);
}
