/** Secrets over HTTP and in the database: what goes in, what never comes out, and which hosts are given what. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits, parseHostId, parsePersonaId } from '@guise/model';
import { newSealingKey, unseal } from '@guise/trust/sealing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { establishTrust } from '../app/served-trust.ts';
import { settleDesired } from '../app/settle-desired.ts';
import { desiredMessages } from '../reconcilers/desired-message.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { openVault } from '../store/vault.ts';
import { TestServer } from '../test-server.ts';

const canary = 'CANARY-hunter2-0123456789';
const server = new TestServer();
const key = newSealingKey();
let database: Database;

beforeAll(async () => {
  await server.start();
  database = await openDatabase(server.running.databaseUrl);
  for (const name of ['h1', 'h2', 'keyless']) {
    await server.enrol(name);
    const sealingKey = name === 'keyless' ? null : key.publicKey;
    await sql`update hosts set sealing_key = ${sealingKey} where host_id = ${name}`.execute(database);
  }
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const set = (name: string, value: string, more: { existing?: boolean; version?: number } = {}) =>
  server.api.putSecret({ params: { name }, body: { value: base64(value), ...more } });
const publish = (id: string, secret: string) =>
  server.api.publishPersona({
    body: {
      document: `guise: persona/v1\npersona_id: ${id}\nfiles: {/etc/${id}: {content: "x {{ secret.${secret} }}"}}\n`,
    },
  });
const assign = (host: string, persona: string) =>
  server.api.assignToHost({ params: { host_id: parseHostId(host), persona_id: parsePersonaId(persona) }, body: {} });
const hostOf = async (name: string) => server.api.getHost({ params: { host_id: parseHostId(name) } });

/** What would be pushed to a host now. */
async function messageTo(name: string) {
  const vault = openVault(join(server.stateDirectory, 'master.key'));
  const trust = await establishTrust({ database, vault, given: null, nowMs: Date.now });
  const settled = await settleDesired(database, trust, [name]);
  const message = (await desiredMessages(database, vault)([...settled.values()])).get(name);
  if (message === undefined) return null;
  const decoded = JSON.parse(message.head + message.tail.toString()) as {
    secrets: { name: string; version: number; sealed: string }[];
  };
  return { decoded, text: message.head + message.tail.toString() };
}

describe('secrets', () => {
  it('are set, rotated and listed, and no answer has a value', async () => {
    expect(await set('db', canary)).toEqual({ name: 'db', version: 1 });
    expect(await set('db', canary)).toEqual({ name: 'db', version: 2 });
    expect(await set('db', 'another', { existing: true })).toEqual({ name: 'db', version: 3 });
    await expect(set('typo', 'x', { existing: true })).rejects.toMatchObject({ code: 'secret_not_found' });
    await publish('app', 'db');
    const { items } = await server.api.listSecrets();
    expect(items).toMatchObject([{ name: 'db', version: 3, updated_by: 'admin', used_by: ['app'] }]);
    expect(JSON.stringify(items)).not.toContain('another');
  });

  it('never go back in version, also when they were removed in between', async () => {
    await set('gone', 'x');
    await server.api.deleteSecret({ params: { name: 'gone' } });
    await expect(server.api.deleteSecret({ params: { name: 'gone' } })).rejects.toMatchObject({
      code: 'secret_not_found',
    });
    expect(await set('gone', 'x')).toMatchObject({ version: 2 });
    expect(await set('gone', 'x', { version: 9 })).toMatchObject({ version: 9 });
    await expect(set('gone', 'x', { version: 9 })).rejects.toMatchObject({ code: 'argument_invalid' });
    await server.api.deleteSecret({ params: { name: 'gone' } });
  });

  it('are not removed while a current persona names them, unless that is said', async () => {
    await publish('user-of', 'used');
    await set('used', 'x');
    await expect(server.api.deleteSecret({ params: { name: 'used' } })).rejects.toMatchObject({
      code: 'secret_in_use',
      message: expect.stringContaining('user-of names it'),
    });
    await server.api.deleteSecret({ params: { name: 'used' }, query: { force: 'true' } });
    expect((await server.api.listSecrets()).items.map(({ name }) => name)).toEqual(['db']);
  });

  it('are bounded in size, and keep their last versions only', async () => {
    const whole = await server.api.putSecret({
      params: { name: 'big' },
      body: { value: Buffer.alloc(limits.secretBytes, 1).toString('base64') },
    });
    expect(whole.version).toBe(1);
    const body = JSON.stringify({ value: Buffer.alloc(limits.secretBytes + 3, 1).toString('base64') });
    expect((await server.request('PUT', '/secrets/big', { body })).status).toBe(400);
    for (const value of ['', '!', 'x\n']) {
      const answer = await server.request('PUT', '/secrets/big', { body: JSON.stringify({ value }) });
      expect([value, answer.status]).toEqual([value, 400]);
    }
    for (let at = 0; at < limits.secretVersionsKept + 2; at++) await set('big', 'x');
    const { rows } = await sql`select version from secret_versions where name = 'big'`.execute(database);
    expect(rows).toHaveLength(limits.secretVersionsKept);
  });

  it('are not told back by a refusal of what was sent', async () => {
    for (const body of [
      `{"value": "${canary}`,
      `{"value": ${canary}}`,
      `{"value": "${canary}"}`,
      `{"value": ["${canary}"]}`,
      `{"value": "x", "${canary}": 1}`,
      `{"${canary}"`,
      canary,
    ]) {
      const answer = await server.request('PUT', '/secrets/x', { body });
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toContain('hunter2');
    }
  });

  it('lie encrypted in the database, and the audit trail has names and versions alone', async () => {
    await set('db', canary);
    await sql`checkpoint`.execute(database);
    const files = readdirSync(server.stateDirectory, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    const spelled = [canary, base64(canary).replace(/=+$/, ''), Buffer.from(canary).toString('hex')];
    const leaks = files.filter((each) => {
      const bytes = readFileSync(join(each.parentPath, each.name));
      return spelled.some((text) => bytes.includes(text));
    });
    expect(files.length).toBeGreaterThan(100);
    expect(leaks.map(({ name }) => name)).toEqual([]);
    const { items } = await server.api.listAudit({ query: { resource: 'secret/db', limit: 1 } });
    expect(items).toMatchObject([{ action: 'secret:write', resource: 'secret/db', detail: { version: 4 } }]);
    expect(Object.keys(items[0]?.detail as object)).toEqual(['version']);
  });
});

describe('a host', () => {
  it('is sent what its personas name, sealed to it under name and version, and nothing else', async () => {
    await set('other', 'not for h1');
    await assign('h1', 'app');
    const message = await messageTo('h1');
    expect(message?.decoded.secrets.map(({ name, version }) => [name, version])).toEqual([['db', 4]]);
    const sealed = message?.decoded.secrets[0]?.sealed ?? '';
    expect(unseal(key.privatePem, 'secret/db/4', sealed).toString()).toBe(canary);
    expect(() => unseal(newSealingKey().privatePem, 'secret/db/4', sealed)).toThrow('Cannot decrypt');
    for (const text of [canary, base64(canary)]) expect(message?.text).not.toContain(text);
  });

  it('gets a new generation of the same content when a secret of its personas is rotated', async () => {
    const before = (await hostOf('h1')).desired;
    await set('other', 'x');
    expect((await hostOf('h1')).desired).toEqual(before);
    await set('db', 'rotated');
    const after = (await hostOf('h1')).desired;
    expect(after).toEqual({ ...before, generation: before.generation + 1 });
    expect((await messageTo('h1'))?.decoded.secrets[0]?.version).toBe(5);
  });

  it('keeps what it has while a secret is missing, with the reason, and other hosts go on', async () => {
    const before = (await hostOf('h1')).desired;
    await publish('lacking', 'never-set');
    await assign('h1', 'lacking');
    await assign('h2', 'app');
    expect((await hostOf('h1')).desired).toMatchObject({
      generation: before.generation,
      refused: 'secret_not_found: nobody has set the secret "never-set"',
    });
    expect((await hostOf('h2')).desired).toMatchObject({ generation: 1, refused: null });
    await set('never-set', 'x');
    expect((await hostOf('h1')).desired).toMatchObject({ generation: before.generation + 1, refused: null });
  });

  it('without a key to seal to is refused', async () => {
    await assign('keyless', 'app');
    expect((await hostOf('keyless')).desired.refused).toContain('no key to seal secrets to');
    expect(await messageTo('keyless')).toBeNull();
  });
});
